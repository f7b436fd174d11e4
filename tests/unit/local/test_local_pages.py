"""Lists: however one walks them, each object comes once and in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI

from retinue.local import pages
from retinue.local.app import open_platform
from retinue.local.database import Database
from retinue.local.pages import Listing, Window
from retinue.local.platform import Limits

pytestmark = pytest.mark.anyio


def _ids(rows: Any) -> list[str]:
    return [row["id"] for row in rows]


def _fill(database: Database, times: list[int]) -> list[str]:
    """Stores made at ``times``; gives their IDs in the documented ascending order."""
    with database.write() as connection:
        connection.execute("DELETE FROM vector_stores")
        connection.execute("DELETE FROM tombstones")
        connection.executemany(
            "INSERT INTO vector_stores (id, created_at, name, metadata, last_active_at)"
            " VALUES (?, ?, '', '{}', 0)",
            [(f"vs_{number}", created_at) for number, created_at in enumerate(times)],
        )
    order = sorted(range(len(times)), key=lambda number: (times[number], number))
    return [f"vs_{number}" for number in order]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Database:
    path: Path = tmp_path_factory.mktemp("pages") / "pages.db"
    return open_platform(path, limits=Limits()).database


STORES = Listing("vector_stores")
TIMES = st.lists(st.integers(0, 3), max_size=12)


@settings(max_examples=60, deadline=None)
@given(times=TIMES, limit=st.integers(1, 13), ascending=st.booleans(), deleting=st.booleans())
def test_walking_forwards_sees_each_object_once(
    filled: Database, *, times: list[int], limit: int, ascending: bool, deleting: bool
) -> None:
    """Also for somebody who deletes every page after reading it, as clean-up scripts do."""
    expected = _fill(filled, times)
    seen: list[str] = []
    more, after = True, None
    while more:
        with filled.read() as connection:
            window = Window(limit=limit, ascending=ascending, after=after, before=None)
            rows, more = pages.fetch(connection, STORES, window)
        assert len(rows) == limit or not more
        seen += _ids(rows)
        after = seen[-1] if seen else None
        if deleting:
            with filled.write() as connection:
                connection.executemany(
                    "DELETE FROM vector_stores WHERE id = ?", [(row["id"],) for row in rows]
                )
    assert seen == (expected if ascending else expected[::-1])


@settings(max_examples=60, deadline=None)
@given(times=TIMES.filter(bool), limit=st.integers(1, 13), ascending=st.booleans(), data=st.data())
def test_walking_backwards_undoes_walking_forwards(
    filled: Database, *, times: list[int], limit: int, ascending: bool, data: st.DataObject
) -> None:
    expected = _fill(filled, times)
    ordered = expected if ascending else expected[::-1]
    start = data.draw(st.sampled_from(ordered))
    seen: list[str] = []
    more, before = True, start
    while more:
        with filled.read() as connection:
            window = Window(limit=limit, ascending=ascending, after=None, before=before)
            rows, more = pages.fetch(connection, STORES, window)
        seen = _ids(rows) + seen
        before = seen[0] if seen else before
    assert seen == ordered[: ordered.index(start)]


@settings(max_examples=60, deadline=None)
@given(times=TIMES.filter(bool), ascending=st.booleans(), data=st.data())
def test_two_cursors_enclose_a_range(
    filled: Database, *, times: list[int], ascending: bool, data: st.DataObject
) -> None:
    expected = _fill(filled, times)
    ordered = expected if ascending else expected[::-1]
    after, before = data.draw(st.sampled_from(ordered)), data.draw(st.sampled_from(ordered))
    with filled.read() as connection:
        window = Window(limit=100, ascending=ascending, after=after, before=before)
        rows, more = pages.fetch(connection, STORES, window)
    assert _ids(rows) == ordered[ordered.index(after) + 1 : ordered.index(before)]
    assert not more


async def test_the_sdk_walks_all_pages(sdk: AsyncOpenAI, clock: Any) -> None:
    made = []
    for _ in range(7):
        made.append((await sdk.vector_stores.create()).id)
        clock.advance(0.4)
    for limit in (1, 3, 7, 100):
        ascending = sdk.vector_stores.list(order="asc", limit=limit)
        assert [store.id async for store in ascending] == made
        assert [store.id async for store in sdk.vector_stores.list(limit=limit)] == made[::-1]


async def test_the_list_object(http: httpx2.AsyncClient) -> None:
    empty = (await http.get("/vector_stores")).json()
    ends = {"first_id": "", "last_id": "", "has_more": False}
    assert empty == {"object": "list", "data": []} | ends
    ids = [(await http.post("/vector_stores", json={})).json()["id"] for _ in range(21)]
    page = (await http.get("/vector_stores")).json()
    assert len(page["data"]) == 20
    assert page["has_more"]
    assert (page["first_id"], page["last_id"]) == (ids[-1], ids[1])


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ({"limit": "0"}, "integer_below_min_value", "limit"),
        ({"limit": "101"}, "integer_above_max_value", "limit"),
        ({"limit": "many"}, "invalid_type", "limit"),
        ({"order": "down"}, "invalid_value", "order"),
        ({"after": "vs_lost"}, "invalid_value", "after"),
        ({"before": "vs_lost"}, "invalid_value", "before"),
    ],
)
async def test_nonsense_is_refused(
    http: httpx2.AsyncClient, query: dict[str, str], code: str, param: str
) -> None:
    answer = await http.get("/vector_stores", params=query)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


async def test_files_come_by_the_ten_thousand(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/files", params={"limit": 10_000})).status_code == 200
    assert (await http.get("/files", params={"limit": 10_001})).status_code == 400


async def test_a_status_that_does_not_exist(http: httpx2.AsyncClient) -> None:
    store_id = (await http.post("/vector_stores", json={})).json()["id"]
    answer = await http.get(f"/vector_stores/{store_id}/files", params={"filter": "done"})
    assert answer.json()["error"]["param"] == "filter"


async def test_a_cursor_outlives_its_attachment(sdk: AsyncOpenAI, upload: Any) -> None:
    """Detaching while paging, with a page size that makes the cursor disappear every time."""
    store = await sdk.vector_stores.create(file_ids=[await upload() for _ in range(5)])
    files = sdk.vector_stores.files.list(store.id, limit=1)
    removed = [
        (await sdk.vector_stores.files.delete(file.id, vector_store_id=store.id)).id
        async for file in files
    ]
    assert len(set(removed)) == 5
