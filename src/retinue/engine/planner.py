"""Build the plan from desired, applied and live. Pure.

One pass in dependency order: whatever creates or replaces makes the IDs that others refer to
unknown, and that is what makes those others change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from retinue.address import Address
from retinue.engine.basis import basis, managed
from retinue.engine.diff import Comparison, compare, drift_only
from retinue.engine.entry import Entry, Snapshot
from retinue.engine.graph import levels
from retinue.engine.plan import Action, Change, DriftedResource, Reason
from retinue.engine.steps import schedule, steps_of
from retinue.kinds.base import Live, Resource, ResourceType
from retinue.kinds.values import Values, digest, leaves, remembered, resolve, unknowns


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a plan is decided on.

    live: tracked addresses; None where the object is gone. adoptable: declared, untracked
    addresses whose object was found. previous: the earlier name of moved addresses. forget:
    addresses whose object is to stay on the platform. unread: those with a secret that could not
    be read. closed: types that the platform has no more. types: resource types by name.
    """

    desired: Mapping[Address, Resource]
    snapshot: Snapshot
    live: Mapping[Address, Live | None]
    types: Mapping[str, ResourceType]
    adoptable: Mapping[Address, Live]
    previous: Mapping[Address, Address]
    forget: frozenset[Address] = frozenset()
    unread: Collection[Address] = frozenset()
    closed: Collection[str] = frozenset()
    destroy: bool = False


def build_changes(facts: Facts) -> tuple[tuple[Change, ...], tuple[DriftedResource, ...]]:
    """Decide every change and all drift, in the plan's total order."""
    planner = _Planner(facts)
    for address in _in_order(facts.desired):
        planner.declared(facts.desired[address])
    for address in sorted(set(facts.snapshot.entries) - set(facts.desired)):
        planner.undeclared(facts.snapshot.entries[address])
    for entry in facts.snapshot.entries.values():
        planner.deposed(entry)
    return _ordered(planner.changes), tuple(sorted(planner.drift, key=lambda d: d.address))


def _in_order(desired: Mapping[Address, Resource]) -> list[Address]:
    level = levels({address: item.depends_on for address, item in desired.items()})
    return sorted(desired, key=lambda address: (level[address], address.kind, address.name))


def _ordered(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Number the levels and sort by (level, action, address, ID)."""
    level = levels(schedule(changes).waits_for)
    numbered = [_at(change, [level[step] for step in steps_of(change)]) for change in changes]
    return tuple(sorted(numbered, key=_place))


def _at(change: Change, step_levels: Sequence[int]) -> Change:
    lowest = min(step_levels, default=0)
    return replace(change, level=lowest) if lowest else change


def _place(change: Change) -> tuple[int, str, str, str, str]:
    address = change.address
    return change.level, change.action, address.kind, address.name, change.id or ""


class _Planner:
    """The accumulators of one planning pass."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.ids = facts.snapshot.ids()
        self.renewed: dict[str, Address] = {}
        found = {address: live.id for address, live in facts.adoptable.items()}
        self.known = {i: address for address, i in {**self.ids, **found}.items()}
        self.changes: list[Change] = []
        self.drift: list[DriftedResource] = []

    def declared(self, resource: Resource) -> None:
        address = resource.address
        entry = self.facts.snapshot.entries.get(address)
        if entry is None:
            found = self.facts.adoptable.get(address)
            self._create(resource, None) if found is None else self._adopt(resource, found)
            return
        live = self.facts.live.get(address)
        if live is None:
            self._create(resource, self._missed(entry, Reason.GONE, Reason.CLOSED))
        elif entry.type != resource.type.name:
            self._switch(resource, entry, live)
        else:
            self._existing(resource, entry, live)

    def _renew(self, address: Address) -> None:
        """From here on the ID of ``address`` is known after apply only."""
        old = self.ids.pop(address, None)
        if old is not None:
            self.renewed[old] = address

    def _create(self, resource: Resource, reason: Reason | None) -> None:
        self._renew(resource.address)
        after = self._wanted(resource)
        entry = self.facts.snapshot.entries.get(resource.address)
        self.changes.append(
            replace(
                self._change(resource, entry, after),
                action=Action.CREATE,
                reason=reason,
                changed=tuple(after),
                previous_address=self.facts.previous.get(resource.address),
                basis=basis(entry, None, None),
            )
        )

    def _adopt(self, resource: Resource, live: Live) -> None:
        address = resource.address
        self.ids[address] = live.id
        wanted = self._wanted(resource)
        applied = _applied_for_adoption(resource, wanted, live.values)
        comparison = compare(resource, wanted, applied, live.values, self.renewed)
        action = Action.ADOPT
        if any(delta.forces_replacement for delta in comparison.deltas):
            action = Action.REPLACE
            self._renew(address)
            comparison = replace(comparison, after=_anew(resource, wanted, comparison.after))
        change = self._compared(resource, None, live, comparison)
        # No entry says what the object uses; files that look alike may have changed places.
        used = {
            self.known[i] for i in leaves(live.values) if isinstance(i, str) and i in self.known
        }
        uses = tuple(sorted({*resource.depends_on, *used}))
        self.changes.append(
            replace(
                change,
                action=action,
                reason=Reason.MARKED,
                released_from=uses,
                basis=basis(None, live.id, comparison.before),
            )
        )

    def _existing(self, resource: Resource, entry: Entry, live: Live) -> None:
        wanted = self._wanted(resource)
        if resource.address in self.facts.unread:
            wanted = remembered(wanted, entry.values)
        comparison = compare(resource, wanted, entry.values, live.values, self.renewed)
        if comparison.drift:
            self.drift.append(
                DriftedResource(
                    address=entry.address, type=entry.type, id=entry.id, fields=comparison.drift
                )
            )
        previous = self.facts.previous.get(resource.address)
        action, reason = _decide(comparison, moved=previous is not None)
        if action is Action.NO_OP and resource.protect != entry.protect:
            action, reason = Action.UPDATE, Reason.PROTECTION
        if action is Action.REPLACE:
            self._renew(resource.address)
            comparison = replace(comparison, after=_anew(resource, wanted, comparison.after))
        change = self._compared(resource, entry, live, comparison)
        if action is not Action.NO_OP:
            change = replace(
                change,
                action=action,
                reason=reason,
                previous_address=previous,
                basis=basis(entry, live.id, comparison.before),
            )
        self.changes.append(change)

    def _switch(self, resource: Resource, entry: Entry, live: Live) -> None:
        """The address gets an object of another type, which is made before the old one goes."""
        self._drift(entry, live)
        self._renew(resource.address)
        before = managed(self.facts.types[entry.type], entry.values, live)
        after = self._wanted(resource)
        self.changes.append(
            replace(
                self._change(resource, entry, after),
                action=Action.REPLACE,
                reason=Reason.TARGET,
                id=live.id,
                before=before,
                changed=_unequal(self.facts.types[entry.type], before or {}, after),
                previous_address=self.facts.previous.get(resource.address),
                previous_type=entry.type,
                basis=basis(entry, live.id, before),
            )
        )

    def _missed(self, entry: Entry, deleted: Reason, closed: Reason) -> Reason:
        """Why an object is gone: somebody deleted it, or the platform closed its whole family."""
        if entry.type in self.facts.closed:
            return closed
        self.drift.append(_deleted(entry))
        return deleted

    def _drift(self, entry: Entry, live: Live) -> None:
        """Note what somebody changed of an object that is not compared with the manifests."""
        fields = drift_only(self.facts.types[entry.type], entry.values, live.values)
        if fields:
            self.drift.append(
                DriftedResource(address=entry.address, type=entry.type, id=entry.id, fields=fields)
            )

    def _wanted(self, resource: Resource) -> Values:
        wanted: Values = resolve(resource.values, self.ids.get)
        return wanted

    def _compared(
        self, resource: Resource, entry: Entry | None, live: Live, comparison: Comparison
    ) -> Change:
        return replace(
            self._change(resource, entry, comparison.after),
            id=live.id,
            before=comparison.before,
            changed=tuple(delta.name for delta in comparison.deltas),
            replace_because=tuple(d.name for d in comparison.deltas if d.forces_replacement),
            resets=tuple(
                name
                for name in comparison.after
                if name not in resource.values and not resource.type.attributes[name].computed
            ),
        )

    def _change(self, resource: Resource, entry: Entry | None, after: Values) -> Change:
        return Change(
            address=resource.address,
            type=resource.type.name,
            action=Action.NO_OP,
            after=after,
            depends_on=resource.depends_on,
            released_from=entry.depends_on if entry is not None else (),
            upload=resource.upload,
            inline=resource.inline,
            protect=resource.protect,
            protected=entry is not None and entry.protect,
        )

    def undeclared(self, entry: Entry) -> None:
        live = self.facts.live.get(entry.address)
        if live is None:
            reason = self._missed(entry, Reason.ALREADY_GONE, Reason.GONE_WITH_TARGET)
            self._leave(entry, Action.FORGET, reason, None)
            return
        self._drift(entry, live)
        if entry.address in self.facts.forget:
            self._leave(entry, Action.FORGET, Reason.REMOVED, live)
        else:
            reason = Reason.DESTROY if self.facts.destroy else Reason.NOT_DECLARED
            self._leave(entry, Action.DELETE, reason, live)

    def _leave(self, entry: Entry, action: Action, reason: Reason, live: Live | None) -> None:
        before = managed(self.facts.types[entry.type], entry.values, live)
        self.changes.append(
            Change(
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
        )

    def deposed(self, entry: Entry) -> None:
        for old in entry.deposed:
            self.changes.append(
                Change(
                    address=entry.address,
                    type=old.type,
                    action=Action.DELETE,
                    reason=Reason.LEFTOVER,
                    id=old.id,
                    leftover=True,
                    basis=digest(["leftover", old.id]),
                )
            )


def _unequal(old: ResourceType, before: Values, after: Values) -> tuple[str, ...]:
    """The attributes of two types that differ, those that only one of them has included; what the
    platform decided says nothing."""
    silent = {name for name, attribute in old.attributes.items() if attribute.computed}
    names = (name for name in {**after, **before} if name not in silent)
    return tuple(name for name in names if before.get(name) != after.get(name))


def _decide(comparison: Comparison, *, moved: bool) -> tuple[Action, Reason | None]:
    if any(delta.forces_replacement for delta in comparison.deltas):
        return Action.REPLACE, Reason.CANNOT_UPDATE
    if moved:
        return Action.MOVE, Reason.MOVED
    if not comparison.deltas:
        return Action.NO_OP, None
    drifted = {drift.name for drift in comparison.drift}
    only_drift = all(delta.name in drifted for delta in comparison.deltas)
    return Action.UPDATE, Reason.DRIFT if only_drift else None


def _anew(resource: Resource, wanted: Values, after: Values) -> Values:
    """What a new object gets: a value that is ignored can't be kept where nobody can read it."""
    attributes = resource.type.attributes
    unread = (n for n in resource.ignore_changes if n in wanted and attributes[n].write_only)
    return {**after, **{name: wanted[name] for name in unread}}


def _applied_for_adoption(resource: Resource, wanted: Values, live: Values) -> Values:
    """What is never read back counts as applied, unless whoever found the object knows better, or
    it names an object that is yet to be made."""
    attributes = resource.type.attributes
    return {
        name: live.get(name, value)
        for name, value in wanted.items()
        if attributes[name].write_only and not unknowns(value)
    }


def _deleted(entry: Entry) -> DriftedResource:
    return DriftedResource(address=entry.address, type=entry.type, id=entry.id, deleted=True)
