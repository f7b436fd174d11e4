"""The process that reads a file: what it gives, and how it ends when a file is hostile."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from tests.unit.local_search import documents
from tests.unit.local_search.documents import MEGABYTE

from retinue.local.search import process
from retinue.local.search.extraction import Unreadable
from retinue.local.search.passages import Passage, Source, passages
from retinue.local.search.process import passages_apart

CHILD = "from retinue.local.search import child"
LIMITS = {"bomb", "exhausting", "too_long"}
NESTED = documents.archive({"word/document.xml": documents.inflating_docx(50)})
TEXT = ("A sentence about indexing. " * 30 + "\n\n") * 200


def read(
    content: bytes,
    name: str = "a.txt",
    *,
    encoding: str | None = None,
    seconds: float = 60,
    alive: Callable[[], bool] = lambda: True,
) -> list[Passage]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        source = Source(name, encoding, 800, 400)
        return list(passages_apart(file, source, alive=alive, seconds=seconds))


def test_gives_what_reading_in_process_gives() -> None:
    here = list(passages(BytesIO(TEXT.encode()), Source("a.txt", "utf-8", 800, 400)))
    assert read(TEXT.encode(), encoding="utf-8") == here
    assert len(here) > 50
    assert here[0].length == len(here[0].terms.split())


def test_names_and_text_are_data() -> None:
    name = "-c 'import os' \n--help \U0001f600.txt"
    (found,) = read("line\u2028sep\r\nend".encode(), name, encoding="utf-8")
    assert found.text == "line\u2028sep\r\nend"


@pytest.mark.parametrize(
    ("name", "content", "faults"),
    [
        ("a.docx", documents.inflating_docx(300), {"bomb"}),
        ("a.docx", documents.ENTITIES, {"entities"}),
        ("a.pdf", documents.inflating_pdf(400), {"bomb"}),
        ("a.pdf", documents.inflating_pdf(70, b"BT (a) Tj ET\n"), LIMITS),
        ("a.docx", NESTED, {"damaged"}),
    ],
    ids=["zip", "entities", "stream", "operators", "zip in zip"],
)
def test_bombs_are_refused(name: str, content: bytes, faults: set[str]) -> None:
    assert len(content) < MEGABYTE
    with pytest.raises(Unreadable) as caught:
        read(content, name, seconds=3)
    assert caught.value.fault in faults


def test_the_time_is_bounded() -> None:
    slow = documents.inflating_pdf(40, b"BT (a) Tj ET\n")
    started = time.monotonic()
    with pytest.raises(Unreadable, match="exhausting"):
        read(slow, "a.pdf", seconds=0.5)
    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't bound memory so")
def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    boot = process._BOOT.replace("; main()", "; child._MEMORY_BYTES = 150_000_000; child.main()")
    boot = boot.replace("from retinue.local.search.child import main", CHILD)
    monkeypatch.setattr(process, "_BOOT", boot)
    assert read(b"short", encoding="utf-8")
    with pytest.raises(Unreadable, match="exhausting"):
        read("\U0001f600 ".encode() * 10_000_000, encoding="utf-8")


@pytest.mark.parametrize(
    ("boot", "fault"),
    [
        ("import os; os.kill(os.getpid(), 9)", "exhausting"),
        ("raise SystemExit(1)", "crashed"),
        ("print('[0, \"half a li', end='')", "crashed"),
    ],
)
def test_a_child_that_dies_is_noticed(
    monkeypatch: pytest.MonkeyPatch, boot: str, fault: str
) -> None:
    monkeypatch.setattr(process, "_BOOT", boot)
    with pytest.raises(Unreadable, match=fault):
        read(b"text", encoding="utf-8")


def test_it_stops_when_nobody_wants_the_text_any_more() -> None:
    answers = iter([True] * 5)
    found = read(TEXT.encode(), encoding="utf-8", alive=lambda: next(answers, False))
    assert len(found) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limit")
def test_the_child_can_write_no_files(tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    code = f"{CHILD}; child._confine(); open({str(probe)!r}, 'w', buffering=1).write('a line\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert probe.read_bytes() == b""
