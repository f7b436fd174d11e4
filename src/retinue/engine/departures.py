"""What leaves: objects that nobody declares any more, that are gone or were replaced. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from retinue.engine.basis import basis, managed
from retinue.engine.diff import drift_only
from retinue.engine.entry import Deposed, Entry
from retinue.engine.facts import Facts
from retinue.engine.plan import Action, Change, DriftedResource, Reason
from retinue.kinds.base import Live
from retinue.kinds.values import digest


def departure(facts: Facts, entry: Entry) -> tuple[Change, DriftedResource | None]:
    """What becomes of a tracked object that nobody declares, and what was done to it outside."""
    live = facts.live.get(entry.address)
    if live is None:
        closed = entry.type in facts.closed
        reason = Reason.GONE_WITH_TARGET if closed else Reason.ALREADY_GONE
        return _leave(facts, entry, Action.FORGET, reason, None), gone(facts, entry)
    if entry.address in facts.forget:
        action, reason = Action.FORGET, Reason.REMOVED
    else:
        action, reason = Action.DELETE, Reason.DESTROY if facts.destroy else Reason.NOT_DECLARED
    return _leave(facts, entry, action, reason, live), edited(facts, entry, live)


def _leave(facts: Facts, entry: Entry, action: Action, reason: Reason, live: Live | None) -> Change:
    before = managed(facts.types[entry.type], entry.values, live)
    return Change(
        address=entry.address,
        type=entry.type,
        action=action,
        reason=reason,
        id=entry.id,
        before=before,
        released_from=entry.depends_on,
        protected=entry.protect,
        basis=basis(entry, None if live is None else live.id, before),
    )


def gone(facts: Facts, entry: Entry) -> DriftedResource | None:
    """An object that somebody deleted; none where the platform closed its whole family."""
    if entry.type in facts.closed:
        return None
    return DriftedResource(address=entry.address, type=entry.type, id=entry.id, deleted=True)


def edited(facts: Facts, entry: Entry, live: Live) -> DriftedResource | None:
    """What somebody changed of an object that is not compared with the manifests."""
    fields = drift_only(facts.types[entry.type], entry.values, live.values)
    if not fields:
        return None
    return DriftedResource(address=entry.address, type=entry.type, id=entry.id, fields=fields)


def leftovers(entries: Iterable[Entry]) -> list[Change]:
    """The deletions of what an interrupted apply has replaced and not deleted."""
    return [_leftover(entry, old) for entry in entries for old in entry.deposed]


def _leftover(entry: Entry, old: Deposed) -> Change:
    return Change(
        address=entry.address,
        type=old.type,
        action=Action.DELETE,
        reason=Reason.LEFTOVER,
        id=old.id,
        leftover=True,
        basis=digest(["leftover", old.id]),
    )
