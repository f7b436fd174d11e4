"""Attribute filters, as a table and through the endpoint."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI

from retinue.local.search import filters

HAVE = {"year": 2019, "price": 1.5, "city": "Oslo", "open": True}


def _is(kind: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "value": value}


YES, NO = _is("eq", "year", 2019), _is("eq", "year", 1)

TABLE = [
    (_is("eq", "year", 2019), True),
    (_is("eq", "year", 2019.0), True),
    (_is("eq", "year", "2019"), False),
    (_is("eq", "open", value=True), True),
    (_is("eq", "open", 1), False),
    (_is("eq", "price", value=True), False),
    (_is("eq", "none", 1), False),
    (_is("ne", "city", "Bergen"), True),
    (_is("ne", "city", "Oslo"), False),
    (_is("ne", "none", 1), True),
    (_is("gt", "year", 2018), True),
    (_is("gt", "year", 2019), False),
    (_is("gte", "year", 2019), True),
    (_is("lt", "price", 2), True),
    (_is("lt", "price", 1.5), False),
    (_is("lte", "price", 1.5), True),
    (_is("gt", "city", "Bergen"), True),
    (_is("gt", "city", 1), False),
    (_is("gte", "open", 0), False),
    (_is("lt", "none", 1), False),
    (_is("in", "city", ["Oslo", "Rome"]), True),
    (_is("in", "city", ["Rome"]), False),
    (_is("in", "open", [1]), False),
    (_is("in", "city", []), False),
    (_is("nin", "city", ["Rome"]), True),
    (_is("nin", "city", ["Oslo"]), False),
    (_is("nin", "none", ["Oslo"]), True),
    ({"type": "and", "filters": [YES, YES]}, True),
    ({"type": "and", "filters": [YES, NO]}, False),
    ({"type": "or", "filters": [NO, YES]}, True),
    ({"type": "or", "filters": [NO, NO]}, False),
    ({"type": "and", "filters": [YES, {"type": "or", "filters": [NO, YES]}]}, True),
]


@pytest.mark.parametrize(("wanted", "met"), TABLE)
def test_meets(*, wanted: dict[str, Any], met: bool) -> None:
    assert filters.meets(HAVE, filters.check(wanted, "filters")) is met


def test_deep_nesting_is_refused() -> None:
    nested: dict[str, Any] = YES
    for _ in range(500):
        nested = {"type": "and", "filters": [nested]}
    with pytest.raises(Exception, match="nested too deeply"):
        filters.check(nested, "filters")


@pytest.mark.anyio
async def test_through_the_endpoint(sdk: AsyncOpenAI, upload: Any, settled: Any) -> None:
    store = await sdk.vector_stores.create()
    for year in (2018, 2019, 2020):
        file_id = await upload(b"All about badgers.", f"{year}.txt")
        await sdk.vector_stores.files.create(
            store.id, file_id=file_id, attributes={"year": year, "even": year % 2 == 0}
        )
    await settled(store.id)
    wanted: Any = {
        "type": "and",
        "filters": [_is("gte", "year", 2019), _is("eq", "even", value=True)],
    }
    found = await sdk.vector_stores.search(store.id, query="badgers", filters=wanted)
    assert [hit.filename for hit in found.data] == ["2020.txt"]
    assert found.data[0].attributes == {"year": 2020, "even": True}
    file_id = found.data[0].file_id
    await sdk.vector_stores.files.update(file_id, vector_store_id=store.id, attributes={})
    found = await sdk.vector_stores.search(store.id, query="badgers", filters=wanted)
    assert found.data == []
