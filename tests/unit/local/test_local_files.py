"""/files: uploads as they stream in, downloads, expiry, and where the bytes are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, NotFoundError
from starlette.applications import Starlette

from retinue.local.blobs import CHUNK_BYTES
from retinue.local.platform import Limits

pytestmark = pytest.mark.anyio

DAY = 86_400


async def test_upload_and_read(sdk: AsyncOpenAI) -> None:
    made = await sdk.files.create(file=("päper ☃.txt", b"text"), purpose="user_data")
    assert made.id.startswith("file-")
    assert len(made.id) >= 29
    assert (made.filename, made.bytes, made.purpose) == ("päper ☃.txt", 4, "user_data")
    assert (made.status, made.object, made.expires_at) == ("processed", "file", None)
    assert await sdk.files.retrieve(made.id) == made


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 7])
async def test_content_comes_back_whole(sdk: AsyncOpenAI, database: Path, size: int) -> None:
    content = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    made = await sdk.files.create(file=("a.bin", content[:size]), purpose="assistants")
    assert made.bytes == size
    assert (await sdk.files.content(made.id)).read() == content[:size]
    with sqlite3.connect(database) as connection:
        sizes = [row[0] for row in connection.execute("SELECT length(data) FROM blob_chunks")]
    connection.close()
    assert sum(sizes) == size
    assert max(sizes, default=0) <= CHUNK_BYTES


async def test_upload_never_holds_the_file(app: Starlette, http: httpx2.AsyncClient) -> None:
    """The body is taken in step by step: most of it is stored before the last byte is sent."""
    count, piece = 24, b"x" * (CHUNK_BYTES // 2)
    stored = []

    async def form() -> AsyncIterator[bytes]:
        yield _form_start("purpose") + b"assistants" + _form_start("file", "big.txt")
        for _ in range(count):
            with app.state.platform.database.read() as connection:
                stored.append(connection.execute("SELECT count(*) FROM blob_chunks").fetchone()[0])
            yield piece
        yield b"\r\n--frontier--\r\n"

    made = await http.post("/files", content=form(), headers=_FORM)
    assert made.json()["bytes"] == count * len(piece)
    assert stored[-1] >= (count - 4) // 2


_FORM = {"Content-Type": "multipart/form-data; boundary=frontier"}


def _form_start(name: str, filename: str | None = None) -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    head = f'\r\n--frontier\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode()


async def test_the_file_may_come_before_its_purpose(http: httpx2.AsyncClient) -> None:
    form = _form_start("file", "a.txt") + b"text" + _form_start("purpose") + b"batch"
    made = await http.post("/files", content=form + b"\r\n--frontier--\r\n", headers=_FORM)
    assert (made.status_code, made.json()["purpose"]) == (200, "batch")


async def test_list_filters_by_purpose(sdk: AsyncOpenAI) -> None:
    first = await sdk.files.create(file=("a.txt", b"a"), purpose="assistants")
    second = await sdk.files.create(file=("b.txt", b"b"), purpose="vision")
    assert [file.id async for file in sdk.files.list()] == [second.id, first.id]
    assert [file.id async for file in sdk.files.list(purpose="vision")] == [second.id]
    assert [file.id async for file in sdk.files.list(purpose="evals")] == []


async def test_delete_removes_the_bytes(sdk: AsyncOpenAI, app: Starlette) -> None:
    made = await sdk.files.create(file=("a.txt", b"a" * 3 * CHUNK_BYTES), purpose="assistants")
    gone = await sdk.files.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "file")
    with pytest.raises(NotFoundError, match=f"No such File object: {made.id}"):
        await sdk.files.retrieve(made.id)
    assert _blob_rows(app) == (0, 0)


def _blob_rows(app: Starlette) -> tuple[int, int]:
    with app.state.platform.database.read() as connection:
        blobs = connection.execute("SELECT count(*) FROM blobs").fetchone()[0]
        chunks = connection.execute("SELECT count(*) FROM blob_chunks").fetchone()[0]
    return blobs, chunks


async def test_an_expired_file_is_gone(sdk: AsyncOpenAI, clock: Any) -> None:
    expiry = {"anchor": "created_at", "seconds": 3600}
    made = await sdk.files.create(
        file=("a.txt", b"a"),
        purpose="assistants",
        expires_after=expiry,  # type: ignore[arg-type]
    )
    assert made.expires_at == made.created_at + 3600
    store = await sdk.vector_stores.create(file_ids=[made.id])
    clock.advance(3599)
    await sdk.files.retrieve(made.id)
    clock.advance(1)
    with pytest.raises(NotFoundError):
        await sdk.files.retrieve(made.id)
    assert (await sdk.vector_stores.retrieve(store.id)).file_counts.total == 0


async def test_batch_files_expire_after_thirty_days(sdk: AsyncOpenAI) -> None:
    made = await sdk.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    assert made.expires_at == made.created_at + 30 * DAY


BAD_FORMS: list[tuple[str, dict[str, Any], int, str | None]] = [
    ("no purpose", {"files": {"file": b"a"}}, 400, "purpose"),
    ("unknown purpose", {"files": {"file": b"a"}, "data": {"purpose": "fun"}}, 400, "purpose"),
    ("no file", {"files": {"purpose": (None, "assistants")}}, 400, "file"),
    ("other file", {"files": {"doc": b"a"}, "data": {"purpose": "vision"}}, 400, "doc"),
    (
        "two files",
        {"files": [("file", b"a"), ("file", b"b")], "data": {"purpose": "vision"}},
        400,
        "file",
    ),
    ("extra field", {"files": {"file": b"a"}, "data": {"purpose": "vision", "x": "1"}}, 400, "x"),
    (
        "expiry too short",
        {
            "files": {"file": b"a"},
            "data": {
                "purpose": "vision",
                "expires_after[anchor]": "created_at",
                "expires_after[seconds]": "3599",
            },
        },
        400,
        "expires_after.seconds",
    ),
    (
        "expiry twice",
        {
            "files": {"file": b"a"},
            "data": {"purpose": "vision", "expires_after": "1", "expires_after[seconds]": "3600"},
        },
        400,
        "expires_after",
    ),
    ("long field", {"files": {"file": b"a"}, "data": {"purpose": "v" * 5000}}, 400, "purpose"),
    ("JSON", {"json": {"purpose": "assistants"}}, 415, None),
    (
        "no boundary",
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        400,
        None,
    ),
    ("broken off", {"content": _form_start("purpose") + b"vis", "headers": _FORM}, 400, None),
    ("not a form", {"content": b"hello" * 9, "headers": _FORM}, 400, None),
    (
        "part without a name",
        {"content": b"--frontier\r\nX-A: 1\r\n\r\nb\r\n--frontier--\r\n", "headers": _FORM},
        400,
        None,
    ),
    (
        "endless header",
        {"content": b"--frontier\r\nX-A: " + b"a" * 20_000, "headers": _FORM},
        400,
        None,
    ),
    ("too many parts", {"files": {f"f{n}": (None, "v") for n in range(70)}}, 400, None),
]


@pytest.mark.parametrize(
    ("request_fields", "status", "param"),
    [case[1:] for case in BAD_FORMS],
    ids=[case[0] for case in BAD_FORMS],
)
async def test_bad_forms(
    http: httpx2.AsyncClient,
    request_fields: dict[str, Any],
    status: int,
    param: str | None,
) -> None:
    answer = await http.post("/files", **request_fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param), answer.text
    assert (await http.get("/files")).json()["data"] == []


class TestSmallLimit:
    """With a limit of three chunks, so that the tests needn't send 512 MiB."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(file_bytes=3 * CHUNK_BYTES)

    @pytest.mark.parametrize("size", [3 * CHUNK_BYTES + 1, 6 * CHUNK_BYTES])
    async def test_too_large_is_413_and_leaves_nothing(
        self, http: httpx2.AsyncClient, app: Starlette, size: int
    ) -> None:
        fields: dict[str, Any] = {"files": {"file": b"a" * size}, "data": {"purpose": "vision"}}
        answer = await http.post("/files", **fields)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "request_too_large"
        file_id = (await http.post("/files", **_small())).json()["id"]
        await http.delete(f"/files/{file_id}")
        assert _blob_rows(app) == (0, 0)

    async def test_the_limit_itself_is_allowed(self, http: httpx2.AsyncClient) -> None:
        fields: dict[str, Any] = {"files": {"file": b"a" * 3 * CHUNK_BYTES}}
        answer = await http.post("/files", **fields, data={"purpose": "vision"})
        assert answer.status_code == 200


def _small() -> dict[str, Any]:
    return {"files": {"file": b"a"}, "data": {"purpose": "vision"}}
