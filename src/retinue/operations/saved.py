"""Plan files: written whole, checked before they are applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from retinue.address import Address
from retinue.engine.basis import basis, managed
from retinue.engine.diff import seen
from retinue.engine.entry import Entry, Snapshot
from retinue.engine.plan import Action, Change, Plan
from retinue.engine.plan_json import plan_from_json, plan_to_json
from retinue.engine.ports import SYSTEM, Clock
from retinue.engine.refresh import refresh
from retinue.engine.repair import repair
from retinue.engine.safety import judge
from retinue.engine.tasks import together
from retinue.errors import PlanStale, StateCorrupt, StateForeign, UsageError
from retinue.foreign_json import read_json
from retinue.kinds.base import Adapter, Live
from retinue.operations.contained import swept_away
from retinue.operations.planning import Planned
from retinue.operations.session import Session
from retinue.state.files import write_atomically


def save_plan(planned: Planned, path: Path) -> None:
    """Write a plan file; it holds no secrets, but the texts of instructions."""
    document = plan_to_json(planned.plan, planned.verdict)
    write_atomically(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def load_plan(path: Path, root: Path) -> Plan:
    """Read a plan file.

    Raises:
        UsageError: there is no such file.
        StateCorrupt: it is none, or was changed. StateForeign: a newer Retinue wrote it.
    """
    way_out = "make one with: retinue plan --out FILE"
    try:
        data = read_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such plan file", hint=way_out) from None
    except (OSError, ValueError) as error:
        raise StateCorrupt(f"{path}: not a plan file ({error})", hint=way_out) from None
    return plan_from_json(data, root=root, where=str(path))


async def check_saved(
    session: Session, snapshot: Snapshot, plan: Plan, *, forced: bool = False, clock: Clock = SYSTEM
) -> Planned:
    """Make sure that everything ``plan`` touches is as the plan saw it.

    Raises:
        StateForeign: it is a plan for another project, stack or platform.
        PlanStale: it was applied already, or something it touches has moved.
    """
    _check_origin(session, snapshot, plan)
    touched = {a for c in plan.pending for a in (c.address, c.previous_address) if a is not None}
    touched |= {intent.address for intent in snapshot.pending.values()}  # `repair` asks about them
    fresh = _creations(plan)
    inventory = await refresh(session.adapters, snapshot, only=touched, declared=fresh)
    repaired = repair(snapshot, inventory, now=clock.now())
    live = {**repaired.inventory.live, **await _untracked(session, repaired.snapshot, plan)}
    view = _View(session.adapters, repaired.snapshot.entries, live)
    here = {(found.type, found.address) for found in repaired.inventory.marked}
    twice = {address for _, address in here.intersection(fresh)}
    moved = [str(c.address) for c in plan.pending if c.address in twice or not view.holds(c)]
    if moved:
        raise PlanStale(
            f"the plan is stale: {', '.join(moved)} changed since it was made",
            hint="make a new plan and look at it again; nothing was changed",
        )
    tracked = repaired.snapshot.objects()
    verdict = judge(
        _with_protection(plan, repaired.snapshot.entries),
        session.project.safety,
        existing=len(repaired.snapshot.entries),
        home=snapshot.home,
        forced=forced,
        others=[] if forced else await swept_away(session.adapters, plan, tracked),
    )
    return Planned(plan, verdict, repaired)


def _with_protection(plan: Plan, entries: Mapping[Address, Entry]) -> Plan:
    """The plan with the protection of today: it may have been given since the plan was made."""

    def protected(change: Change) -> bool:
        entry = entries.get(_former(change))
        return entry is not None and entry.protect

    changes = tuple(replace(change, protected=protected(change)) for change in plan.changes)
    return replace(plan, changes=changes)


def _creations(plan: Plan) -> list[tuple[str, Address]]:
    """(type name, address) of what the plan makes first: somebody else may have done so since."""
    return [
        (change.type, change.address) for change in plan.pending if change.action is Action.CREATE
    ]


async def _untracked(
    session: Session, snapshot: Snapshot, plan: Plan
) -> dict[Address, Live | None]:
    """The objects that the plan wants to adopt: the state does not name them yet."""
    known = snapshot.ids()
    adopted = [
        change
        for change in plan.pending
        if change.id and change.after is not None and known.get(_former(change)) != change.id
    ]
    found = await together(session.adapters[c.type].read(c.id or "") for c in adopted)
    return {_former(change): live for change, live in zip(adopted, found, strict=True)}


def _former(change: Change) -> Address:
    """What the state still calls the address."""
    return change.previous_address or change.address


def _check_origin(session: Session, snapshot: Snapshot, plan: Plan) -> None:
    here = (snapshot.project, snapshot.stack, session.platform)
    there = (plan.project, plan.stack, plan.platform)
    if here != there:
        raise StateForeign(
            f"the plan is for {there[0]}/{there[1]} on {there[2]}, "
            f"this is {here[0]}/{here[1]} on {here[2]}",
            hint="choose the stack with --stack, or make a new plan",
        )
    if plan.serial > 0 and plan.lineage != snapshot.lineage:
        raise StateForeign(
            f"the plan belongs to another state (lineage {plan.lineage})",
            hint="make a new plan",
        )
    for used in snapshot.consumed:
        if used.id == plan.id:
            raise PlanStale(f"the plan was applied already, at {used.at}", hint="make a new plan")


class _View:
    """State and platform as they are now, asked about one change at a time."""

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        entries: Mapping[Address, Entry],
        live: Mapping[Address, Live | None],
    ) -> None:
        self._adapters = adapters
        self._entries = entries
        self._live = live

    def holds(self, change: Change) -> bool:
        """Whether what the change was decided on is still so."""
        if change.leftover:
            return self._left_over(change)
        address = _former(change)
        entry, live = self._entries.get(address), self._live.get(address)
        if change.action is Action.CREATE:
            return live is None and change.basis == basis(entry, None, None)
        if change.after is None or change.previous_type is not None:
            type_ = self._adapters[change.object_type].type
            before = None if entry is None else managed(type_, entry.values, live)
            return change.basis == basis(entry, None if live is None else live.id, before)
        return live is not None and change.basis == self._basis(change, entry, live)

    def _left_over(self, change: Change) -> bool:
        """Whether the object still waits to be deleted, and is nobody's by now."""
        entry = self._entries.get(change.address)
        waiting = {old.id for old in entry.deposed} if entry is not None else set()
        return change.id in waiting and all(e.id != change.id for e in self._entries.values())

    def _basis(self, change: Change, entry: Entry | None, live: Live) -> str:
        attributes = self._adapters[change.type].type.attributes
        # Of an object to adopt, what is never read back is as the plan took it to be.
        unread = {n: v for n, v in (change.before or {}).items() if attributes[n].write_only}
        applied = entry.values if entry is not None and entry.id == live.id else unread
        after = change.after or {}
        before = {
            name: seen(attributes[name], name, after.get(name), applied, live.values)
            for name in change.before or {}
        }
        return basis(entry, live.id, before)
