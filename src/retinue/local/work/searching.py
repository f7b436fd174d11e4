"""The search of a turn: the room that extracts and ranks, behind the turn's protocol."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from starlette.concurrency import run_in_threadpool

from retinue.local.database import Connection
from retinue.local.platform import Platform
from retinue.local.refusals import Refusal
from retinue.local.turns.items import FileSearch, Hit, Json
from retinue.local.turns.ports import TurnFailed

if TYPE_CHECKING:
    from retinue.local.search.nearest import Asked

_MOST_WAIT = 60.0
"""As OpenAI does: a run waits up to a minute for its vector stores to be indexed."""

_MOST_WAIT_FOR_VECTORS = 10.0
"""Shorter: without vectors there still are words to search by."""

_LOOK_AGAIN = 0.05


class StoreSearch:
    """Searches the vector stores of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def find(self, query: str, tool: FileSearch) -> Sequence[Hit]:
        await _wait_while(partial(self._indexing, tool.store_ids), _MOST_WAIT)
        embedding = partial(_filling, self._platform, tool.store_ids)
        await _wait_while(embedding, _MOST_WAIT_FOR_VECTORS)
        return await run_in_threadpool(self._find, query, tool)

    def _indexing(self, store_ids: Sequence[str]) -> bool:
        """Whether a file of the stores is still being indexed."""
        with self._platform.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM attachments WHERE NOT cancelled AND ready_at > ?"
                " AND store_id IN (SELECT value FROM json_each(?)) LIMIT 1",
                (self._platform.clock(), json.dumps(list(store_ids))),
            ).fetchone()
        return row is not None

    def _find(self, query: str, tool: FileSearch) -> Sequence[Hit]:
        search, filters = _room(), _checked(tool.filters)
        with self._platform.read() as connection:
            stores = _existing(connection, tool.store_ids)
        if not stores or not query.strip():
            return []
        vectors = _vectors(self._platform, query)
        with self._platform.read() as connection:
            return search(
                connection,
                stores,
                query,
                limit=tool.limit,
                score_threshold=tool.score_threshold,
                filters=filters,
                vectors=vectors,
            )


def _checked(filters: Json | None) -> Json | None:
    """Filters as the room takes them: requests for a turn carry them unchecked."""
    if filters is None:
        return None
    from retinue.local.search.filters import check

    try:
        return check(filters, "filters")
    except Refusal as error:
        raise TurnFailed(f"The filters of the file search can't be used. {error.message}") from None


def _existing(connection: Connection, store_ids: Sequence[str]) -> list[str]:
    """A store that was deleted or has expired holds nothing to find."""
    rows = connection.execute(
        "SELECT id FROM vector_stores WHERE NOT expired AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(store_ids)),),
    )
    found = {row["id"] for row in rows}
    return [each for each in store_ids if each in found]


class _Room(Protocol):
    """How the room that extracts and ranks is asked."""

    def __call__(
        self,
        connection: Connection,
        store_ids: Sequence[str],
        query: str,
        /,
        *,
        limit: int,
        score_threshold: float,
        filters: Json | None,
        vectors: Sequence[Asked | None],
    ) -> Sequence[Hit]: ...


async def _wait_while(busy: Callable[[], bool], seconds: float) -> None:
    patience = time.monotonic() + seconds
    while await run_in_threadpool(busy):
        if time.monotonic() > patience:
            break
        await asyncio.sleep(_LOOK_AGAIN)


def _filling(platform: Platform, store_ids: Sequence[str]) -> bool:
    from retinue.local.search.chore import filling

    return filling(platform, store_ids)


def _vectors(platform: Platform, query: str) -> Sequence[Asked | None]:
    from retinue.local.search.chore import asked

    return asked(platform, query)


def _room() -> _Room:
    # By name, because an installation without the room is whole but for the search.
    try:
        room: _Room = import_module("retinue.local.search").search
    except ImportError:
        raise TurnFailed("The file search is not part of this installation.") from None
    return room
