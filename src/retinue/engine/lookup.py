"""Find out whether a create happened, by looking for what it would have made.

Objects with metadata carry the operation in their marker. Files, skills and environment templates
carry none: their signature (name, size ...) and time must leave no doubt which is whose, and that
nobody else tracks it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from retinue.engine.entry import Intent
from retinue.engine.inventory import Resolution
from retinue.engine.ports import Clock
from retinue.kinds.base import Adapter, Live, ResourceType
from retinue.kinds.values import Values, canonical

CLOCK_SKEW = 300
"""Seconds by which the platform's clock may be off ours."""

LONGEST_CREATE = 900
"""Seconds after an intent in which the platform may have finished what it asked for. What is
younger and carries no marker is somebody else's, however much it is alike."""

PATIENCE = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds waited before each look: a list may show an object only some time after its create."""


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
    within = adapter.type.within
    places = None if within is None else {str(intent.values[within])}
    recent = [live async for live in _since(adapter, intent.started_at - CLOCK_SKEW, places)]
    (resolution,) = match_all(adapter.type, [intent], recent, taken)
    return resolution


def match_all(
    type_: ResourceType, intents: Iterable[Intent], recent: Sequence[Live], taken: Collection[str]
) -> list[Resolution]:
    """Pick the object of each intent among ``recent`` ones. Pure."""
    if type_.marked:
        return [_marked(intent, recent) for intent in intents]
    groups: dict[tuple[str, ...], list[Intent]] = {}
    for intent in intents:
        groups.setdefault(signature(type_, intent.values), []).append(intent)
    untracked: dict[tuple[str, ...], list[Live]] = {}
    for live in recent:
        if live.id not in taken:
            untracked.setdefault(signature(type_, live.values), []).append(live)
    return [
        found for look, group in groups.items() for found in _alike(group, untracked.get(look, ()))
    ]


def _marked(intent: Intent, recent: Iterable[Live]) -> Resolution:
    own = (
        live
        for live in recent
        if live.marker is not None and live.marker.operation == intent.operation
    )
    return Resolution(intent, next(own, None))


def _alike(intents: list[Intent], untracked: Iterable[Live]) -> list[Resolution]:
    """Pair intents with objects of their signature; in doubt, name the objects and pair none.

    There is no doubt where all intents want the same content: then it doesn't matter which object
    is whose, as long as there are no more objects than intents.
    """
    found = sorted(
        (live for live in untracked if any(_possible(live, i) for i in intents)),
        key=lambda live: (live.created_at, live.id),
    )
    contents = {canonical(intent.values) for intent in intents}
    if found and (len(contents) > 1 or len(found) > len(intents)):
        ids = tuple(sorted(live.id for live in found))
        return [Resolution(intent, None, ids, certain=False) for intent in intents]
    pairs = [*found, *[None] * (len(intents) - len(found))]
    # The newest first: an older intent was looked for before, and its address may be served.
    in_order = sorted(intents, key=lambda i: (i.started_at, i.operation), reverse=True)
    return [
        Resolution(intent, live, certain=False)
        for intent, live in zip(in_order, pairs, strict=True)
    ]


def _possible(live: Live, intent: Intent) -> bool:
    latest = intent.started_at + LONGEST_CREATE + CLOCK_SKEW
    in_time = intent.started_at - CLOCK_SKEW <= live.created_at <= latest
    return in_time and live.id not in intent.others


def signature(type_: ResourceType, values: Values) -> tuple[str, ...]:
    """What an object without a marker can be recognised by on the platform."""
    return tuple(canonical(values.get(name)) for name in type_.signature)


async def newcomers(adapter: Adapter, now: float) -> list[Live]:
    """What is so young at ``now`` (unix seconds) that it could be mistaken for something newer."""
    return [live async for live in _since(adapter, now - 2 * CLOCK_SKEW)]


async def _since(
    adapter: Adapter, moment: float, places: Collection[str] | None = None
) -> AsyncIterator[Live]:
    """Objects made at or after ``moment`` (unix seconds); ``places`` are what they are in."""
    async for page in adapter.pages(places):
        for live in page:
            if live.created_at >= moment:
                yield live
        if page and page[-1].created_at < moment and adapter.type.within is None:
            return
