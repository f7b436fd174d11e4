"""From attaching to forgetting: statuses, restarts, kills, cancelling, deletion, sharing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from openai import AsyncOpenAI
from starlette.applications import Starlette
from tests.unit.local.conftest import Clock
from tests.unit.local_search import documents

from retinue.local.app import close_app, create_app
from retinue.local.contents import FAULTS
from retinue.local.platform import Platform
from retinue.local.search import jobs, schema
from retinue.local.search.chore import indexer_of
from retinue.local.search.indexer import _Lane
from retinue.local.search.passages import Passage

pytestmark = pytest.mark.anyio

LONG = ("Badgers dig. Otters swim in the river. " * 20 + "\n\n") * 3000
"""About 2 MB: several hundred chunks, read by a child process."""
TABLES = ("search_indexes", "search_chunks", "search_garbage", "search_fts")


def rows(platform: Platform, *tables: str) -> list[int]:
    with platform.database.read() as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        ]


@pytest.fixture
def platform(app: Starlette) -> Platform:
    made: Platform = app.state.platform
    return made


async def test_a_note_never_waits_for_a_book(
    sdk: AsyncOpenAI, upload: Any, app: Starlette, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    gate, asked = threading.Event(), threading.Event()

    def passages_apart(*_: Any, **__: Any) -> Iterator[Passage]:
        asked.set()
        gate.wait(30)
        yield Passage(0, "badger", "badger", 1)

    monkeypatch.setattr("retinue.local.search.indexer.passages_apart", passages_apart)
    book, note = await upload(LONG.encode(), "long.txt"), await upload(b"Of badgers", "note.txt")
    store = await sdk.vector_stores.create(file_ids=[book])
    assert asked.wait(10)
    await sdk.vector_stores.files.create(store.id, file_id=note)
    deadline = time.monotonic() + 10
    clock.advance(1)
    files = sdk.vector_stores.files
    while (await files.retrieve(note, vector_store_id=store.id)).status == "in_progress":
        assert time.monotonic() < deadline
    assert (await files.retrieve(book, vector_store_id=store.id)).status == "in_progress"
    assert (await sdk.vector_stores.retrieve(store.id)).file_counts.to_dict() == {
        "cancelled": 0,
        "completed": 1,
        "failed": 0,
        "in_progress": 1,
        "total": 2,
    }
    found = await sdk.vector_stores.search(store.id, query="badger")
    assert [hit.filename for hit in found.data] == ["note.txt"]
    gate.set()
    indexer_of(app.state.platform).settle()
    assert (await files.retrieve(book, vector_store_id=store.id)).status == "completed"


async def test_a_stopped_server_goes_on_where_it_is_started_again(
    sdk: AsyncOpenAI, upload: Any, app: Starlette, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = threading.Event()
    store = jobs.add

    def add(*args: Any) -> bool:
        added.set()
        time.sleep(0.02)
        return store(*args)

    monkeypatch.setattr(jobs, "add", add)
    file_id = await upload(LONG.encode(), "long.txt")
    made = await sdk.vector_stores.create(file_ids=[file_id])
    assert added.wait(30)
    close_app(app)
    begun = rows(app.state.platform, "search_chunks")[0]
    assert begun
    assert (await sdk.vector_stores.search(made.id, query="badger")).data == []
    close_app(app)
    monkeypatch.setattr(jobs, "add", store)
    again = create_app(database, clock=lambda: app.state.platform.clock() + 1)
    await _completed(again, made.id, file_id)
    platform: Platform = again.state.platform
    indexer_of(platform).settle()
    with platform.read() as connection:
        (row,) = connection.execute("SELECT * FROM search_indexes").fetchall()
        assert (row["complete"], row["owner"]) == (1, None)
    assert rows(platform, "search_chunks", "search_garbage") == [row["chunks"], 0]
    close_app(again)


async def _completed(app: Starlette, store_id: str, file_id: str) -> None:
    """Ask an application, as a new client, until the file is found in its store."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://x/v1",
        headers={"Authorization": "Bearer k"},
    ) as http:
        deadline = time.monotonic() + 60
        while True:
            file = (await http.get(f"/vector_stores/{store_id}/files/{file_id}")).json()
            if file["status"] != "in_progress":
                break
            assert time.monotonic() < deadline
            await anyio.sleep(0.02)
        assert file["status"] == "completed", file
        body = {"query": "otters in rivers"}
        found = (await http.post(f"/vector_stores/{store_id}/search", json=body)).json()
        assert [hit["file_id"] for hit in found["data"]] == [file_id] * 10


KILLED = """
import asyncio, sys, time
from pathlib import Path
import httpx2
from retinue.local.app import create_app
from retinue.local.search import jobs

store = jobs.add
def add(*args):
    time.sleep(0.05)
    return store(*args)
jobs.add = add

async def main():
    app = create_app(Path(sys.argv[1]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app),
            base_url="http://x/v1", headers={"Authorization": "Bearer k"}) as http:
        text = sys.stdin.buffer.read()
        form = {"files": {"file": ("long.txt", text)}, "data": {"purpose": "assistants"}}
        file = (await http.post("/files", **form)).json()["id"]
        made = (await http.post("/vector_stores", json={"file_ids": [file]})).json()["id"]
        while True:
            with app.state.platform.read() as connection:
                if connection.execute("SELECT 1 FROM search_chunks").fetchone():
                    print(made, file, flush=True)
                    time.sleep(60)

asyncio.run(main())
"""


def _killed_while_indexing(database: Path) -> list[str]:
    """Kill a server that has stored a part of a file; gives the IDs of the store and the file."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(database)], stdin=-1, stdout=-1
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write(LONG.encode())
        server.stdin.close()
        said = server.stdout.readline()
        server.kill()
    return said.decode().split()


async def test_a_killed_server_loses_nothing(database: Path) -> None:
    store_id, file_id = _killed_while_indexing(database)
    # Its lease is still running; the test doesn't wait for that to end.
    with sqlite3.connect(database) as connection:
        connection.execute(
            "UPDATE search_indexes SET beat_at = beat_at - ?", (schema.LEASE_SECONDS,)
        )
    connection.close()
    again = create_app(database)
    await _completed(again, store_id, file_id)
    indexer_of(again.state.platform).settle()
    assert rows(again.state.platform, "search_indexes", "search_garbage") == [1, 0]
    close_app(again)


async def test_a_living_owner_is_left_alone(
    sdk: AsyncOpenAI, upload: Any, platform: Platform, index: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(_Lane, "wake", lambda _: None)
        made = await sdk.vector_stores.create(file_ids=[await upload(b"Badgers")])
    with platform.database.write() as connection:
        job = jobs.claim(connection, "another process", quick=True)
    assert job
    index()
    assert (await sdk.vector_stores.retrieve(made.id)).status == "in_progress"
    with platform.database.write() as connection:
        assert jobs.beat(connection, job)
        connection.execute("UPDATE search_indexes SET beat_at = beat_at - 60")
    index()
    assert (await sdk.vector_stores.retrieve(made.id)).status == "completed"
    # The other process was only slow, and finds its job gone.
    with platform.database.write() as connection:
        assert not jobs.beat(connection, job)
        assert not jobs.add(connection, job, 0, [Passage(0, "late", "late", 1)])
        jobs.complete(connection, job)
        jobs.fail(connection, job, "damaged")
    assert (await sdk.vector_stores.retrieve(made.id)).file_counts.completed == 1
    assert rows(platform, "search_chunks") == [1]


async def test_a_file_that_fails_the_server_again_and_again_is_given_up(
    sdk: AsyncOpenAI, upload: Any, index: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("retinue.local.search.indexer.passages", fail)
    file_id = await upload(b"Badgers")
    made = await sdk.vector_stores.create(file_ids=[file_id])
    for _ in range(4):
        index()
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=made.id)
    assert file.status == "failed"
    assert file.last_error is not None
    assert (file.last_error.code, file.last_error.message) == FAULTS["crashed"]


@pytest.mark.parametrize("name", ["short.txt", "long.txt"])
async def test_a_cancelled_batch_is_not_indexed(
    sdk: AsyncOpenAI, upload: Any, index: Any, platform: Platform, name: str
) -> None:
    file_id = await upload(LONG.encode() if name == "long.txt" else b"Badgers", name)
    store = await sdk.vector_stores.create()
    batch = await sdk.vector_stores.file_batches.create(store.id, file_ids=[file_id])
    await sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    index()
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (file.status, file.last_error) == ("cancelled", None)
    assert (await sdk.vector_stores.search(store.id, query="badger")).data == []
    index()
    assert rows(platform, *TABLES) == [0, 0, 0, 0]


@pytest.mark.parametrize("when", ["before", "while", "after"])
async def test_deleting_leaves_no_rows(
    sdk: AsyncOpenAI, upload: Any, index: Any, platform: Platform, when: str
) -> None:
    file_id, other = await upload(LONG.encode(), "long.txt"), await upload(b"Of badgers")
    store = await sdk.vector_stores.create(file_ids=[file_id])
    kept = await sdk.vector_stores.create(file_ids=[other])
    deadline = time.monotonic() + 30
    while when == "while" and not rows(platform, "search_chunks")[0]:
        assert time.monotonic() < deadline
    if when == "after":
        index()
        assert rows(platform, "search_chunks")[0] > 100
    await sdk.files.delete(file_id)
    assert (await sdk.vector_stores.search(store.id, query="otters")).data == []
    index()
    index()
    assert rows(platform, *TABLES) == [1, 1, 0, 1]
    await sdk.vector_stores.delete(kept.id)
    index()
    assert rows(platform, *TABLES) == [0, 0, 0, 0]


async def test_attaching_again_finds_with_the_new_settings(
    sdk: AsyncOpenAI, upload: Any, index: Any, platform: Platform
) -> None:
    file_id = await upload(b"Badgers dig setts. " * 200)
    store = await sdk.vector_stores.create(file_ids=[file_id])
    index()
    assert rows(platform, "search_chunks") == [2]
    static: Any = {
        "type": "static",
        "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0},
    }
    await sdk.vector_stores.files.create(
        store.id, file_id=file_id, chunking_strategy=static, attributes={"a": 1}
    )
    index()
    assert rows(platform, "search_chunks")[0] > 7
    found = await sdk.vector_stores.search(store.id, query="setts", max_num_results=50)
    assert {len(hit.content[0].text) < 500 for hit in found.data} == {True}
    assert found.data[0].attributes == {"a": 1}


async def test_stores_do_not_see_each_other(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    shared, own = (
        await upload(b"Badgers of all", "shared.txt"),
        await upload(b"My badger", "own.txt"),
    )
    first = await sdk.vector_stores.create(file_ids=[shared])
    second = await sdk.vector_stores.create(file_ids=[shared, own])
    index()
    alone = await sdk.vector_stores.search(first.id, query="badgers")
    both = await sdk.vector_stores.search(second.id, query="badgers")
    assert [hit.filename for hit in alone.data] == ["shared.txt"]
    assert {hit.filename for hit in both.data} == {"shared.txt", "own.txt"}
    await sdk.vector_stores.files.delete(shared, vector_store_id=second.id)
    assert (await sdk.vector_stores.search(first.id, query="badgers")).data == alone.data


async def test_files_attached_before_there_was_an_index_are_indexed_later(
    sdk: AsyncOpenAI, upload: Any, index: Any, app: Starlette, database: Path
) -> None:
    file_id = await upload(b"Badgers")
    made = await sdk.vector_stores.create(file_ids=[file_id])
    index()
    close_app(app)
    with sqlite3.connect(database) as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of this file
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    again = create_app(database, clock=app.state.platform.clock)
    indexer_of(again.state.platform).settle()
    found = await sdk.vector_stores.search(made.id, query="badgers")
    assert [hit.file_id for hit in found.data] == [file_id]
    close_app(again)


async def test_searching_counts_as_use(sdk: AsyncOpenAI, clock: Clock) -> None:
    policy: Any = {"anchor": "last_active_at", "days": 1}
    store = await sdk.vector_stores.create(expires_after=policy)
    clock.advance(3600)
    await sdk.vector_stores.search(store.id, query="x")
    used = await sdk.vector_stores.retrieve(store.id)
    assert used.last_active_at == store.created_at + 3600
    assert used.expires_at == used.last_active_at + 86_400


async def test_what_failed_says_why(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    file_id = await upload(documents.locked_pdf("Secret", password="key"), "a.pdf")
    store = await sdk.vector_stores.create(file_ids=[file_id])
    index()
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (file.status, file.usage_bytes) == ("failed", 0)
    assert file.last_error is not None
    assert file.last_error.message == FAULTS["encrypted"][1]
    parsed = await sdk.vector_stores.files.content(file_id, vector_store_id=store.id)
    assert parsed.data == []
