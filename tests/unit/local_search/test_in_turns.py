"""The search as a turn asks for it: it waits for the index and survives any filter."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI
from starlette.applications import Starlette
from tests.unit.local_search.conftest import Shelve, docx

from retinue.local.turns.items import FileSearch
from retinue.local.turns.ports import TurnFailed
from retinue.local.work.searching import StoreSearch

pytestmark = pytest.mark.anyio


async def test_waits_until_everything_is_indexed(
    sdk: AsyncOpenAI, app: Starlette, upload: Any, index: Any
) -> None:
    files = [await upload(docx(f"Badger number {n}."), f"{n}.docx") for n in range(3)]
    store = await sdk.vector_stores.create(file_ids=files)
    index()
    hits = await StoreSearch(app.state.platform).find("badger", FileSearch((store.id,)))
    assert sorted(hit.file_id for hit in hits) == sorted(files)
    assert {hit.vector_store_id for hit in hits} == {store.id}


async def test_a_filter_chooses_files(sdk: AsyncOpenAI, app: Starlette, shelve: Shelve) -> None:
    store_id = await shelve({"a.txt": b"A badger."})
    (file,) = [each async for each in sdk.vector_stores.files.list(store_id)]
    attributes: Any = {"year": 2019}
    await sdk.vector_stores.files.update(file.id, vector_store_id=store_id, attributes=attributes)
    find = StoreSearch(app.state.platform).find
    for value, count in ((2019, 1), (2020, 0)):
        wanted = {"type": "eq", "key": "year", "value": value}
        hits = await find("badger", FileSearch((store_id,), filters=wanted))
        assert len(hits) == count


async def test_stores_that_are_gone_hold_nothing(
    sdk: AsyncOpenAI, app: Starlette, shelve: Shelve
) -> None:
    store_id = await shelve({"a.txt": b"A badger."})
    await sdk.vector_stores.delete(store_id)
    find = StoreSearch(app.state.platform).find
    assert await find("badger", FileSearch((store_id, "vs_lost"))) == []


@pytest.mark.parametrize("wanted", [{}, {"type": "is"}, {"type": "eq"}, {"type": "and"}])
async def test_a_senseless_filter_ends_the_turn_with_a_reason(
    app: Starlette, shelve: Shelve, wanted: dict[str, Any]
) -> None:
    store_id = await shelve({"a.txt": b"A badger."})
    find = StoreSearch(app.state.platform).find
    with pytest.raises(TurnFailed, match="filter"):
        await find("badger", FileSearch((store_id,), filters=wanted))
