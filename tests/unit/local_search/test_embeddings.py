"""Search by meaning: through the SDK, with a server of embeddings on loopback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from openai import AsyncOpenAI
from starlette.applications import Starlette
from tests.unit.local.conftest import Clock
from tests.unit.local_search.conftest import Shelve
from tests.unit.local_search.embeddings_server import EmbeddingsServer
from tests.unit.local_search.test_index_life import LONG, rows

from retinue.local.app import ModelServer, close_app, create_app
from retinue.local.platform import Limits, Platform
from retinue.local.search import embedder, nearest
from retinue.local.search.chore import embedder_of, indexer_of
from retinue.local.turns.items import FileSearch, Hit
from retinue.local.work import searching
from retinue.local.work.searching import StoreSearch

pytestmark = pytest.mark.anyio

TEXTS = {
    "auto.txt": b"An automobile needs oil.",
    "fruit.txt": b"The banana is yellow.",
    "sea.txt": b"Water is deep.",
}


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    with EmbeddingsServer() as serving:
        yield serving


@pytest.fixture
def app(
    database: Path, limits: Limits, clock: Clock, server: EmbeddingsServer
) -> Iterator[Starlette]:
    made = opened(database, server, limits=limits, clock=clock)
    yield made
    close_app(made)


def opened(path: Path, server: EmbeddingsServer, model: str = "m-1", **more: Any) -> Starlette:
    return create_app(path, model=ModelServer(base_url=server.url, embeddings=model), **more)


@pytest.fixture
def platform(app: Starlette) -> Platform:
    made: Platform = app.state.platform
    return made


def again(platform: Platform) -> None:
    """As if the pause after a failure were over: fill in."""
    made = embedder_of(platform)
    assert made
    made.filling.end()
    made.asking.end()
    indexer_of(platform).settle()


async def scores(sdk: AsyncOpenAI, store: str, query: str, **more: Any) -> dict[str, float]:
    found = await sdk.vector_stores.search(store, query=query, **more)
    return {hit.filename: hit.score for hit in found.data}


async def test_a_passage_without_the_querys_words_is_found(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    store = await shelve(TEXTS)
    again(platform)
    before = len(server.requests)
    assert await scores(sdk, store, "car") == {"auto.txt": pytest.approx(0.48, abs=1e-5)}
    assert [body["input"] for body in server.requests[before:]] == [["car"]]
    assert {body["model"] for body in server.requests} == {"m-1"}
    # Half for the words, half for the meaning.
    both = await scores(sdk, store, "yellow banana")
    words = 2 * both["fruit.txt"] - 1
    assert list(both) == ["fruit.txt"]
    assert 0.5 < words < 0.8


async def test_thresholds_filters_and_limits_hold(
    sdk: AsyncOpenAI, upload: Any, platform: Platform
) -> None:
    store = (await sdk.vector_stores.create()).id
    for place in range(3):
        file_id = await upload(b"An automobile", f"{place}.txt")
        await sdk.vector_stores.files.create(store, file_id=file_id, attributes={"n": place})
    again(platform)
    assert len(await scores(sdk, store, "car")) == 3
    assert len(await scores(sdk, store, "car", max_num_results=2)) == 2
    only: Any = {"type": "eq", "key": "n", "value": 1}
    assert list(await scores(sdk, store, "car", filters=only)) == ["1.txt"]
    assert await scores(sdk, store, "car", ranking_options={"score_threshold": 0.5}) == {}


async def test_several_queries_are_one_request(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    store = await shelve(TEXTS)
    again(platform)
    before = len(server.requests)
    found = await sdk.vector_stores.search(store, query=["car", "banana"])
    assert [hit.filename for hit in found.data] == ["fruit.txt", "auto.txt"]
    assert len(server.requests) == before + 1


async def test_a_turn_searches_by_meaning(shelve: Shelve, platform: Platform) -> None:
    store = await shelve(TEXTS)
    again(platform)
    tool = FileSearch(store_ids=(store,), limit=5, score_threshold=0.0, filters=None)
    (hit,) = await StoreSearch(platform).find("car", tool)
    assert hit.filename == "auto.txt"


async def test_a_server_that_is_down_stops_nothing(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    server.status = 503
    store = await shelve(TEXTS)
    indexer_of(platform).settle()
    assert list(await scores(sdk, store, "automobile")) == ["auto.txt"]
    assert await scores(sdk, store, "car") == {}
    # Asked once for passages and once for a query, then left alone for a while.
    assert len(server.requests) == 2
    server.status = 200
    again(platform)
    assert list(await scores(sdk, store, "car")) == ["auto.txt"]
    server.status = 503
    assert await scores(sdk, store, "car") == {}
    assert list(await scores(sdk, store, "automobile")) == ["auto.txt"]


async def test_a_query_that_fails_holds_up_no_vectors(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    server.fails = "Where"
    first = await shelve({"sea.txt": TEXTS["sea.txt"]})
    assert await scores(sdk, first, "Where is a car?") == {}
    second = await shelve(TEXTS)
    indexer_of(platform).settle()
    assert rows(platform, "search_vectors") == [4]
    tool = FileSearch(store_ids=(second,), limit=5, score_threshold=0.0, filters=None)
    assert await StoreSearch(platform).find("car", tool) == []  # the pause of queries goes on
    again(platform)
    assert len(await StoreSearch(platform).find("car", tool)) == 1


async def test_passages_that_fail_hold_up_no_query(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    store = await shelve({"auto.txt": TEXTS["auto.txt"]})
    again(platform)
    server.fails = "Water"
    await shelve({"sea.txt": TEXTS["sea.txt"]})
    indexer_of(platform).settle()
    assert list(await scores(sdk, store, "car")) == ["auto.txt"]


async def test_a_turn_waits_for_vectors_that_are_on_their_way(
    shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    server.gate.clear()
    store = await shelve(TEXTS)
    tool = FileSearch(store_ids=(store,), limit=5, score_threshold=0.0, filters=None)
    found: list[Hit] = []

    async def find() -> None:
        found.extend(await StoreSearch(platform).find("car", tool))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(find)
        assert await anyio.to_thread.run_sync(server.asked.wait, 60)
        server.gate.set()
    assert [hit.filename for hit in found] == ["auto.txt"]


async def test_but_not_for_ever(
    shelve: Shelve, platform: Platform, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_MOST_WAIT_FOR_VECTORS", 0.1)
    monkeypatch.setattr(embedder, "_QUERY_SECONDS", 0.1)
    server.gate.clear()
    store = await shelve(TEXTS)
    tool = FileSearch(store_ids=(store,), limit=5, score_threshold=0.0, filters=None)
    assert [hit.filename for hit in await StoreSearch(platform).find("banana", tool)] == [
        "fruit.txt"
    ]
    server.gate.set()


async def test_a_turn_without_a_question_asks_nobody(
    shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    store = await shelve(TEXTS)
    again(platform)
    asked = len(server.requests)
    for stores, query in (((store,), " "), (("vs_gone",), "car")):
        tool = FileSearch(store_ids=stores, limit=5, score_threshold=0.0, filters=None)
        assert await StoreSearch(platform).find(query, tool) == []
    assert len(server.requests) == asked


async def test_a_model_that_changed_under_its_name_leaves_the_words(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    """Its vectors are of another length, and can't be compared with those that are stored."""
    store = await shelve(TEXTS)
    again(platform)
    server.fails = "banana"
    words = await scores(sdk, store, "banana")
    server.fails, server.embed = None, lambda _: [1.0, 0.0]
    again(platform)
    assert await scores(sdk, store, "banana") == words


@pytest.mark.parametrize("text", ["a car \ud800", "a car \x00"])
async def test_a_query_that_is_no_text(http: httpx2.AsyncClient, shelve: Shelve, text: str) -> None:
    store = await shelve(TEXTS)
    body = json.dumps({"query": text}).encode()
    answer = await http.post(f"/vector_stores/{store}/search", content=body)
    assert answer.status_code < 500, answer.text


async def test_a_refused_passage_is_found_by_its_words(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    server.refuses = "yellow"
    store = await shelve(TEXTS | {"both.txt": b"A yellow automobile"})
    again(platform)
    assert rows(platform, "search_vectors") == [2]
    asked = len(server.requests)
    again(platform)
    assert len(server.requests) == asked  # not again and again
    assert list(await scores(sdk, store, "car")) == ["auto.txt"]
    assert set(await scores(sdk, store, "yellow")) == {"fruit.txt", "both.txt"}


async def test_a_server_that_refuses_everything_is_asked_again_later(
    shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    server.status = 400
    await shelve(TEXTS)
    again(platform)
    assert rows(platform, "search_vectors") == [0]
    server.status = 200
    again(platform)
    assert rows(platform, "search_vectors") == [3]


async def test_vectors_go_with_their_passages(
    sdk: AsyncOpenAI, upload: Any, platform: Platform, server: EmbeddingsServer
) -> None:
    file_id = await upload(LONG.encode()[:200_000], "long.txt")
    await sdk.vector_stores.create(file_ids=[file_id])
    indexer_of(platform).settle()
    (count,) = rows(platform, "search_chunks")
    assert rows(platform, "search_vectors", "search_embedded") == [count, 1]
    assert max(len(body["input"]) for body in server.requests) == embedder.BATCH
    await sdk.files.delete(file_id)
    indexer_of(platform).settle()
    assert rows(platform, "search_chunks", "search_vectors", "search_embedded") == [0, 0, 0]


@pytest.mark.parametrize(("seconds", "sizes"), [(60, [4, 8, 16, 16]), (0, [4, 2, 1, 1])])
async def test_batches_are_as_large_as_the_server_is_quick(
    shelve: Shelve,
    platform: Platform,
    server: EmbeddingsServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    seconds: float,
    sizes: list[int],
) -> None:
    monkeypatch.setattr(embedder, "_QUICK_SECONDS", seconds)
    await shelve({"long.txt": LONG.encode()[:200_000]})
    indexer_of(platform).settle()
    assert [len(body["input"]) for body in server.requests[:4]] == sizes


async def test_another_model_makes_vectors_of_its_own(
    shelve: Shelve, app: Starlette, database: Path, server: EmbeddingsServer
) -> None:
    await shelve(TEXTS)
    again(app.state.platform)
    close_app(app)
    other = opened(database, server, "it's {new}")
    indexer_of(other.state.platform).settle()
    with other.state.platform.read() as connection:
        found = connection.execute("SELECT DISTINCT model FROM search_vectors").fetchall()
    assert [row["model"] for row in found] == ["it's {new}"]
    close_app(other)


async def test_stores_from_before_get_their_vectors_with_the_next_request(
    database: Path, server: EmbeddingsServer, sdk: AsyncOpenAI, shelve: Shelve, app: Starlette
) -> None:
    server.status = 503
    store = await shelve(TEXTS)
    close_app(app)
    with sqlite3.connect(database) as connection:
        for table in ("search_embedded", "search_vectors"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP TRIGGER search_indexes_completed")
        connection.execute("PRAGMA user_version = 4")
    connection.close()
    server.status = 200
    later = opened(database, server, clock=app.state.platform.clock)
    with later.state.platform.read():
        pass
    indexer_of(later.state.platform).settle()
    assert rows(later.state.platform, "search_vectors") == [3]
    close_app(later)
    embedder_of(app.state.platform).asking.end()  # type: ignore[union-attr]
    assert list(await scores(sdk, store, "car")) == ["auto.txt"]


async def test_large_stores_are_compared_by_signs_first(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "EXACT", 2)
    monkeypatch.setattr("retinue.local.search.finding._LEAST_CANDIDATES", 1)
    monkeypatch.setattr("retinue.local.search.finding._CANDIDATES_PER_HIT", 1)
    store = await shelve(TEXTS)
    again(platform)
    assert list(await scores(sdk, store, "banana", max_num_results=1)) == ["fruit.txt"]


async def test_a_query_without_words_still_has_a_meaning(
    sdk: AsyncOpenAI, shelve: Shelve, platform: Platform, server: EmbeddingsServer
) -> None:
    server.embed = lambda _: [1.0]
    store = await shelve(TEXTS)
    again(platform)
    assert len(await scores(sdk, store, "?!")) == 3
