"""Documents made to do harm, or broken: each fails with a reason, and the server goes on."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI
from tests.unit.local_search.conftest import Shelve, docx, one_page

pytestmark = pytest.mark.anyio

EXERCISES = Path(__file__).parents[3] / "assistants" / "data" / "exercises.pdf"
MEGABYTE = 1024 * 1024
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha ha ha ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 20}">' for a, b in zip("abcdefg", "bcdefgh", strict=True))
    + "]>"
)


def _swollen() -> bytes:
    """A Word document of little that unpacks to 280 MB."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        part.write(b"<d>")
        for _ in range(280):
            part.write(b" " * MEGABYTE)
        part.write(b"</d>")
    return packed.getvalue()


def _huge_stream() -> bytes:
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(b" " * MEGABYTE) for _ in range(400)) + packer.flush()
    return one_page(packed, b"/Filter /FlateDecode")


def _lying_directory() -> bytes:
    """An archive whose directory says that its part holds ten bytes."""
    packed = bytearray(docx("text " * 1000))
    at = packed.rindex(b"PK\x01\x02", 0, len(packed))
    packed[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(packed)


HOSTILE: dict[str, tuple[str, Any, set[str]]] = {
    "a zip bomb": ("a.docx", _swollen, {"invalid_file"}),
    "an entity bomb": ("a.docx", lambda: docx("&h;", start=LAUGHS), {"invalid_file"}),
    "an outside entity": (
        "a.docx",
        lambda: docx("&x;", start='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        {"invalid_file"},
    ),
    "a lying directory": ("a.docx", _lying_directory, {"invalid_file"}),
    "deep nesting": ("a.docx", lambda: docx("<w:p>" * 5000 + "</w:p>" * 5000), {"invalid_file"}),
    "broken XML": ("a.docx", lambda: docx("<w:p>"), {"invalid_file"}),
    "half an archive": ("a.docx", lambda: docx("text" * 99)[:200], {"invalid_file"}),
    "an archive of something else": ("a.docx", lambda: _archive("x.xml"), {"unsupported_file"}),
    "a huge stream": ("a.pdf", _huge_stream, {"invalid_file"}),
    "half a PDF": ("a.pdf", lambda: b"%PDF-1.4\n1 0 obj\n<</Type /Cata", {"invalid_file"}),
    "a start of a PDF": ("a.pdf", lambda: EXERCISES.read_bytes()[:600], {"invalid_file"}),
    "an empty page": ("a.pdf", lambda: one_page(b""), {"invalid_file"}),
    "an old document": ("a.doc", lambda: b"\xd0\xcf\x11\xe0" + b"x" * 99, {"unsupported_file"}),
}


def _archive(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "<x/>")
    return packed.getvalue()


@pytest.mark.parametrize("case", HOSTILE)
async def test_fails_with_a_reason(sdk: AsyncOpenAI, shelve: Shelve, case: str) -> None:
    name, make, codes = HOSTILE[case]
    store_id = await shelve({name: make(), "good.txt": b"The good file about badgers."})
    files = [file async for file in sdk.vector_stores.files.list(store_id)]
    statuses = {file.id: file.status for file in files}
    assert sorted(statuses.values()) == ["completed", "failed"]
    (failed,) = (file for file in files if file.status == "failed")
    assert failed.last_error is not None
    assert failed.last_error.code in codes
    assert len(failed.last_error.message) > 20
    assert failed.usage_bytes == 0
    found = await sdk.vector_stores.search(store_id, query="badgers")
    assert [hit.filename for hit in found.data] == ["good.txt"]


async def test_control_signs_are_no_trouble(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    page = b"BT /F1 12 Tf 50 700 Td (Otters\\000\\001 and badgers) Tj ET"
    store_id = await shelve({"a.pdf": one_page(page)})
    found = await sdk.vector_stores.search(store_id, query="badgers")
    assert len(found.data) == 1
    assert "\0" not in found.data[0].content[0].text
