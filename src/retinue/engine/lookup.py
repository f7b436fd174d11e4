"""Find out whether a create happened, by looking for what it would have made.

Objects with metadata carry the operation in their marker. Files carry none: name, size, purpose
and time must point at exactly one file that nobody else tracks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

from retinue.engine.entry import Intent
from retinue.engine.inventory import Resolution
from retinue.engine.ports import Clock
from retinue.kinds.base import Adapter, Live, ResourceType

CLOCK_SKEW = 300
"""Seconds by which the platform's clock may be behind ours."""

PATIENCE = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds waited before each look: a list may show an object only some time after its create."""

_SIGNATURE = ("filename", "bytes", "purpose")


async def find(
    adapter: Adapter, intent: Intent, taken: Collection[str], clock: Clock
) -> Resolution:
    """Look for the object of ``intent``, patiently; ``taken`` are IDs that others track.

    Raises:
        PlatformError: the platform can't be asked.
    """
    result = Resolution(intent, None)
    for delay in PATIENCE:
        await clock.sleep(delay)
        result = await look(adapter, intent, taken)
        if result.live is not None or result.candidates:
            break
    return result


async def look(adapter: Adapter, intent: Intent, taken: Collection[str]) -> Resolution:
    """Look once through everything made since the intent."""
    recent = [live async for live in _since(adapter, intent.started_at - CLOCK_SKEW)]
    return match(adapter.type, intent, recent, taken)


def match(
    type_: ResourceType, intent: Intent, recent: list[Live], taken: Collection[str]
) -> Resolution:
    """Pick the object of ``intent`` among ``recent`` ones. Pure."""
    if type_.marked:
        own = [live for live in recent if _carries(live, intent.operation)]
        return Resolution(intent, own[0] if own else None)
    same = [
        live
        for live in recent
        if live.id not in taken
        and live.created_at >= intent.started_at - CLOCK_SKEW
        and _signature(live.values) == _signature(intent.values)
    ]
    if len(same) == 1:
        return Resolution(intent, same[0])
    return Resolution(intent, None, tuple(sorted(live.id for live in same)))


def _carries(live: Live, operation: str) -> bool:
    return live.marker is not None and live.marker.operation == operation


def _signature(values: Any) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in _SIGNATURE)


async def _since(adapter: Adapter, moment: float) -> AsyncIterator[Live]:
    """Objects made at or after ``moment`` (unix seconds), newest first."""
    async for page in adapter.pages():
        for live in page:
            if live.created_at >= moment:
                yield live
        if page and page[-1].created_at < moment:
            return
