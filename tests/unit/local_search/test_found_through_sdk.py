"""Search as the SDK asks for it: documents, ranking, odd queries, what is gone, what is shared."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError
from starlette.applications import Starlette
from tests.unit.local_search.conftest import PATIENCE_SECONDS, Shelve, docx

from retinue.local.platform import Platform

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parents[3] / "assistants" / "data"
ANIMALS = {
    "badger.txt": b"The badger digs setts. Badgers eat worms.",
    "otter.txt": b"The otter swims. It eats fish, and sometimes meets a badger.",
    "noise.txt": b"Invoices are due within thirty days of receipt.",
}


async def _names(sdk: AsyncOpenAI, store_id: str, query: Any, **more: Any) -> list[str]:
    found = await sdk.vector_stores.search(store_id, query=query, **more)
    assert all(0 <= hit.score <= 1 for hit in found.data)
    assert [hit.score for hit in found.data] == sorted((h.score for h in found.data), reverse=True)
    return [hit.filename for hit in found.data]


async def test_the_best_comes_first(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    store_id = await shelve(ANIMALS)
    assert await _names(sdk, store_id, "What does a badger eat?") == ["badger.txt", "otter.txt"]
    assert await _names(sdk, store_id, "swimming otters") == ["otter.txt"]
    assert await _names(sdk, store_id, "zeppelin") == []


async def test_one_passage_alone_is_found(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    store_id = await shelve({"only.txt": b"A word about badgers."})
    found = await sdk.vector_stores.search(store_id, query="badger")
    assert found.data[0].score > 0.3
    assert found.data[0].content[0].text == "A word about badgers."


@pytest.mark.parametrize(
    "query",
    [
        '"', '""', "badger AND", "NOT badger", "badger*", "text:badger", "{terms}: badger",
        "badger OR NEAR(otter, 2)", "^badger", "-badger", "(badger", "badger' OR 1=1 --", "+",
        "\x00", "store : badger", "badger" * 1000, "badger " * 20_000,
        "ünïcödé 狸 أهلا", "\u0301", "NEAR",
    ],
)  # fmt: skip
async def test_a_query_is_never_syntax(sdk: AsyncOpenAI, shelve: Shelve, query: str) -> None:
    store_id = await shelve({"badger.txt": ANIMALS["badger.txt"]})
    words = query.lower().replace("(", " ").replace("'", " ").replace(":", " ").replace("*", " ")
    expected = any(word.strip("^-") == "badger" for word in words.split())
    assert bool(await _names(sdk, store_id, query)) == expected


async def test_accents_and_case_do_not_count(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    store_id = await shelve({"a.txt": "Der Fährmann überholt CAFÉ Noël.".encode()})
    for query in ("fahrmann", "FÄHRMANN", "cafe", "noe\u0308l"):
        assert await _names(sdk, store_id, query) == ["a.txt"], query


async def test_signs_without_spaces_are_found(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    store_id = await shelve({"a.txt": "東京都に住んでいます。".encode()})
    assert await _names(sdk, store_id, "東京") == ["a.txt"]


async def test_the_example_documents(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    files = {path.name: path.read_bytes() for path in (DATA / "course-notes").iterdir()}
    store_id = await shelve({"exercises.pdf": (DATA / "exercises.pdf").read_bytes(), **files})
    query = "Which exercises are best done with a few lines of code?"
    assert (await _names(sdk, store_id, query))[0] == "exercises.pdf"
    assert (await _names(sdk, store_id, "Bayes' rule, conditional probability"))[0] == (
        "probability.md"
    )


async def test_word_and_html(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    page = b"<html><script>var weasel</script><style>stoat{}</style><p>A <b>mar</b>ten</p></html>"
    store_id = await shelve({"a.docx": docx("Of badgers", "and otters"), "b.html": page})
    found = await sdk.vector_stores.search(store_id, query="badger")
    assert [hit.filename for hit in found.data] == ["a.docx"]
    assert found.data[0].content[0].text.splitlines() == ["Of badgers", "and otters"]
    assert await _names(sdk, store_id, "marten") == ["b.html"]
    assert await _names(sdk, store_id, "weasel stoat") == []


async def test_the_text_of_a_document(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    store_id = await shelve({"a.docx": docx(*(f"Paragraph {n}." for n in range(3000)))})
    (file,) = [each async for each in sdk.vector_stores.files.list(store_id)]
    pages = await sdk.vector_stores.files.content(file.id, vector_store_id=store_id)
    text = "".join([part.text or "" async for part in pages])
    assert text.split("\n")[:3] == ["Paragraph 0.", "Paragraph 1.", "Paragraph 2."]
    assert [line for line in text.split("\n") if line] == [f"Paragraph {n}." for n in range(3000)]


async def test_limits_and_thresholds(sdk: AsyncOpenAI, shelve: Shelve) -> None:
    store_id = await shelve({f"{n}.txt": b"badger " * (n + 1) for n in range(12)})
    assert len(await _names(sdk, store_id, "badger")) == 10
    assert len(await _names(sdk, store_id, "badger", max_num_results=50)) == 12
    assert len(await _names(sdk, store_id, ["badger", "badgers"], max_num_results=3)) == 3
    strict: Any = {"score_threshold": 1, "ranker": "none"}
    assert await _names(sdk, store_id, "badger", ranking_options=strict) == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "query"),
        ({"query": []}, "query"),
        ({"query": 1}, "query"),
        ({"query": ["a", 1]}, "query[1]"),
        ({"query": "a", "max_num_results": 51}, "max_num_results"),
        ({"query": "a", "max_num_results": 0}, "max_num_results"),
        ({"query": "a", "ranking_options": {"ranker": "best"}}, "ranking_options.ranker"),
        (
            {"query": "a", "ranking_options": {"score_threshold": 2}},
            "ranking_options.score_threshold",
        ),
        ({"query": "a", "rewrite_query": "yes"}, "rewrite_query"),
        ({"query": "a", "more": 1}, "more"),
        ({"query": "a", "filters": {"type": "is", "key": "k", "value": 1}}, "filters.type"),
        ({"query": "a", "filters": {"type": "eq", "key": "k"}}, "filters.value"),
        ({"query": "a", "filters": {"type": "in", "key": "k", "value": 1}}, "filters.value"),
    ],
)  # fmt: skip
async def test_wrong_requests_are_refused(
    http: httpx2.AsyncClient, sdk: AsyncOpenAI, body: Any, param: str
) -> None:
    store = await sdk.vector_stores.create()
    answer = await http.post(f"/vector_stores/{store.id}/search", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_no_store_and_an_expired_one(sdk: AsyncOpenAI, clock: Any) -> None:
    with pytest.raises(NotFoundError, match="No vector store found"):
        await sdk.vector_stores.search("vs_lost", query="a")
    policy: Any = {"anchor": "last_active_at", "days": 1}
    store = await sdk.vector_stores.create(expires_after=policy)
    clock.advance(2 * 86_400)
    with pytest.raises(BadRequestError, match="has expired"):
        await sdk.vector_stores.search(store.id, query="a")


def _left(app: Starlette) -> dict[str, int]:
    """Rows in every table of the index."""
    platform: Platform = app.state.platform
    with platform.read() as connection:
        names = [
            row["name"]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
                " AND (name GLOB 'search_*' OR name GLOB 'passage*')"
                " AND name NOT GLOB '*_fts_*'"
            )
        ]
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
            for name in names
        }


async def _until_empty(app: Starlette) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(_left(app).values()):
        assert time.monotonic() < deadline, _left(app)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("way", ["detach", "delete the file", "delete the store", "expire"])
async def test_nothing_stays_behind(
    sdk: AsyncOpenAI, app: Starlette, shelve: Shelve, clock: Any, way: str
) -> None:
    store_id = await shelve({"long.txt": b"Badgers and otters. " * 20_000})
    assert sum(_left(app).values()) > 100
    (file,) = [each async for each in sdk.vector_stores.files.list(store_id)]
    if way == "detach":
        await sdk.vector_stores.files.delete(file.id, vector_store_id=store_id)
    elif way == "delete the file":
        await sdk.files.delete(file.id)
    elif way == "delete the store":
        await sdk.vector_stores.delete(store_id)
    else:
        policy: Any = {"anchor": "last_active_at", "days": 1}
        await sdk.vector_stores.update(store_id, expires_after=policy)
        clock.advance(2 * 86_400)
    if way in ("detach", "delete the file"):
        assert await _names(sdk, store_id, "badger") == []
    await _until_empty(app)


async def test_two_stores_with_one_file(sdk: AsyncOpenAI, shelve: Shelve, settled: Any) -> None:
    first = await shelve({"a.txt": b"Badgers."})
    (file,) = [each async for each in sdk.vector_stores.files.list(first)]
    second = (await sdk.vector_stores.create(file_ids=[file.id])).id
    await settled(second)
    assert await _names(sdk, first, "badger") == await _names(sdk, second, "badger") == ["a.txt"]
    await sdk.vector_stores.delete(first)
    assert await _names(sdk, second, "badger") == ["a.txt"]
