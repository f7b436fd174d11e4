"""Read what is live, with as few calls as the question allows.

List pages bring a hundred whole objects a call; single GETs are for what a page did not show
(lists may lag behind) and for stacks so small that paging would read more than it needs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from retinue.address import Address
from retinue.engine.entry import Entry, Intent, Snapshot
from retinue.engine.inventory import Found, Inventory, Resolution
from retinue.engine.lookup import CLOCK_SKEW, match_all
from retinue.engine.tasks import together
from retinue.errors import FamilyGone, PlatformError, StateForeign
from retinue.kinds.base import Adapter, Live, ResourceType
from retinue.kinds.marker import Owner

Item = TypeVar("Item", Entry, Intent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be read of one type.

    tracked: entries to look up. pending: creates to settle. census: whether every object has to
    be seen, to find those that carry our marker without being tracked; it has, too, where a tracked
    one is gone. may_be_gone: nothing of the type is wanted any more, so that it is fine if the
    platform has closed it. besides: nothing depends on the answer, and any trouble ends it.
    """

    tracked: tuple[Entry, ...]
    pending: tuple[Intent, ...] = ()
    census: bool = False
    may_be_gone: bool = False
    besides: bool = False

    @property
    def idle(self) -> bool:
        return not (self.tracked or self.pending or self.census)


async def refresh(
    adapters: Mapping[str, Adapter],
    snapshot: Snapshot,
    *,
    declared: Collection[tuple[str, Address]] = (),
    only: Collection[Address] | None = None,
    census: Collection[str] = (),
) -> Inventory:
    """Read every tracked object (of ``only``, when given) and settle pending creates.

    declared: (type name, address) of what the manifests want; one of a marked type that is not
    tracked as such makes the whole list worth reading, to adopt rather than duplicate, and to learn
    early that a platform has no such objects. Of one that is not tracked at all, the other types of
    its kind are looked through, too: the state may be an old one, and the target another since.
    census: types that are read whole in any case.

    Raises:
        PlatformError: the platform can't be read; nothing is guessed.
        StateForeign: the state holds a type that there is no adapter for.
    """
    taken = snapshot.objects()
    questions = _questions(adapters, snapshot, declared, only, census)
    parts = await together(
        _answer(adapters[name], question, taken, snapshot)
        for name, question in questions.items()
        if not question.idle
    )
    return _joined(parts)


def _questions(
    adapters: Mapping[str, Adapter],
    snapshot: Snapshot,
    declared: Collection[tuple[str, Address]],
    only: Collection[Address] | None,
    census: Collection[str],
) -> dict[str, Question]:
    tracked: dict[str, list[Entry]] = {name: [] for name in adapters}
    for entry in snapshot.entries.values():
        if entry.type not in tracked:
            raise StateForeign(
                f"{entry.address} is of the type {entry.type!r}, which this Retinue does not know",
                hint="upgrade Retinue; nothing was changed",
            )
        if only is None or entry.address in only:
            tracked[entry.type].append(entry)
    pending = snapshot.pending.values()
    wanted = {name for name, _ in declared}
    here = {(entry.type, address) for address, entry in snapshot.entries.items()}
    whole = {name for name, address in declared if (name, address) not in here} | set(census)
    kinds = {address.kind for _, address in declared if address not in snapshot.entries}
    besides = {n for n, a in adapters.items() if a.type.kind in kinds} - wanted - set(census)
    return {
        name: Question(
            tracked=tuple(tracked[name]),
            pending=tuple(i for i in pending if i.type == name),
            census=adapter.type.marked and name in whole | besides,
            may_be_gone=adapter.type.closing and name not in wanted,
            besides=name in besides
            and not tracked[name]
            and not any(i.type == name for i in pending),
        )
        for name, adapter in adapters.items()
    }


def _joined(parts: Iterable[Inventory]) -> Inventory:
    live: dict[Address, Live | None] = {}
    marked: list[Found] = []
    resolutions: list[Resolution] = []
    closed: set[str] = set()
    for part in parts:
        live.update(part.live)
        marked.extend(part.marked)
        resolutions.extend(part.resolutions)
        closed |= part.closed
    return Inventory(live, tuple(marked), tuple(resolutions), frozenset(closed))


async def _answer(
    adapter: Adapter, question: Question, taken: Collection[str], snapshot: Snapshot
) -> Inventory:
    if adapter.type.recorded:
        return Inventory({entry.address: entry.as_live() for entry in question.tracked})
    wanted = {entry.id for entry in question.tracked}
    try:
        seen = await _listed(adapter, question)
    except PlatformError as error:
        if question.may_be_gone and isinstance(error, FamilyGone):
            return _gone(question, adapter.type.name)
        if question.besides:
            return Inventory()
        raise
    found = await _gathered(adapter, wanted, seen)
    if adapter.type.marked and not question.census and None in found.values():
        # Somebody else's apply may have put another one of ours in its place.
        seen = await _listed(adapter, replace(question, census=True))
    recent = list(seen.values())
    resolutions = match_all(adapter.type, question.pending, recent, taken)
    owner = Owner(snapshot.project, snapshot.stack)
    marked = [live for live in recent if live.id not in taken and _ours(live, owner)]
    adopted = {r.live.id for r in resolutions if r.live is not None}
    complete = await together(adapter.complete(live) for live in marked)
    by_id = {live.id: live for live in complete}
    return Inventory(
        {entry.address: found.get(entry.id) for entry in question.tracked},
        tuple(
            Found(live.marker.address, adapter.type.name, live)
            for live in complete
            if live.marker is not None and live.id not in adopted
        ),
        tuple(replace(r, live=by_id.get(r.live.id, r.live)) if r.live else r for r in resolutions),
    )


def _gone(question: Question, type_name: str) -> Inventory:
    """The answer of a platform that has closed the family: whatever was there is no more."""
    live = dict.fromkeys((entry.address for entry in question.tracked), None)
    unseen = tuple(Resolution(intent, None) for intent in question.pending)
    return Inventory(live, (), unseen, frozenset({type_name}))


def _ours(live: Live, owner: Owner) -> bool:
    return live.marker is not None and live.marker.owner == owner


async def _listed(adapter: Adapter, question: Question) -> dict[str, Live]:
    """Read lists as far as the question needs them, side by side where there are several."""
    places = _places(adapter.type, question)
    if places is None:
        return await _paged(adapter, question, adapter.pages())
    parts = await together(
        _paged(adapter, part, adapter.pages((place,))) for place, part in places.items()
    )
    return {object_id: live for part in parts for object_id, live in part.items()}


async def _paged(
    adapter: Adapter, question: Question, pages: AsyncIterator[Sequence[Live]]
) -> dict[str, Live]:
    """Read list pages until they are no longer the cheaper way."""
    seen: dict[str, Live] = {}
    missing = {entry.id for entry in question.tracked}
    oldest = min((i.started_at for i in question.pending), default=None)
    read = 0
    async for page in pages:
        read += 1
        seen.update((live.id, live) for live in page)
        missing.difference_update(live.id for live in page)
        ordered = page and adapter.type.within is None
        past = oldest is None or (ordered and page[-1].created_at < oldest - CLOCK_SKEW)
        if past and not question.census and len(missing) <= read:
            break
    return seen


def _places(type_: ResourceType, question: Question) -> dict[str, Question] | None:
    """The question by what its objects are in; None where they may be anywhere."""
    if type_.within is None or question.census:
        return None
    tracked = _by_place(question.tracked, type_.within)
    pending = _by_place(question.pending, type_.within)
    places = {*tracked, *pending}
    if None in places:
        return None
    return {
        place: replace(
            question,
            tracked=tuple(tracked.get(place, ())),
            pending=tuple(pending.get(place, ())),
        )
        for place in sorted(str(place) for place in places)
    }


def _by_place(items: Iterable[Item], within: str) -> dict[str | None, list[Item]]:
    found: dict[str | None, list[Item]] = {}
    for item in items:
        found.setdefault(item.values.get(within), []).append(item)
    return found


async def _gathered(
    adapter: Adapter, wanted: Collection[str], seen: Mapping[str, Live]
) -> dict[str, Live | None]:
    """Complete what was listed, and ask one by one for what was not."""
    found: dict[str, Live | None] = {
        object_id: seen[object_id] for object_id in wanted if object_id in seen
    }
    partial = list(found.values()) if adapter.type.lists_in_part else []
    completed = await together(adapter.complete(live) for live in partial if live is not None)
    found.update((live.id, live) for live in completed)
    unseen = sorted(object_id for object_id in wanted if object_id not in seen)
    found.update(zip(unseen, await together(map(adapter.read, unseen)), strict=True))
    return found
