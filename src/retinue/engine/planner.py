"""Build the plan from desired, applied and live. Pure.

One pass in dependency order: whatever creates or replaces makes the IDs that others refer to
unknown, and that is what makes those others change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from retinue.address import Address
from retinue.engine.basis import basis, managed
from retinue.engine.departures import departure, edited, gone, leftovers
from retinue.engine.diff import Comparison, compare
from retinue.engine.entry import Entry
from retinue.engine.facts import Facts
from retinue.engine.graph import levels
from retinue.engine.plan import Action, Change, DriftedResource, Reason
from retinue.engine.steps import schedule, steps_of
from retinue.kinds.base import Live, Resource, ResourceType
from retinue.kinds.values import Values, leaves, remembered, resolve, unknowns


def build_changes(facts: Facts) -> tuple[tuple[Change, ...], tuple[DriftedResource, ...]]:
    """Decide every change and all drift, in the plan's total order."""
    planner = _Planner(facts)
    for address in _in_order(facts.desired):
        planner.declared(facts.desired[address])
    for address in sorted(set(facts.snapshot.entries) - set(facts.desired)):
        planner.undeclared(facts.snapshot.entries[address])
    planner.changes.extend(leftovers(facts.snapshot.entries.values()))
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
        live = self.facts.live.get(address)
        if entry is None or live is None:
            self._absent(resource, entry)
        elif entry.type != resource.type.name:
            self._switch(resource, entry, live)
        else:
            self._existing(resource, entry, live)

    def _absent(self, resource: Resource, entry: Entry | None) -> None:
        """There is nothing, or no more, of what the state says: adopt what was found, or create."""
        if entry is not None:
            self._note(gone(self.facts, entry))
        found = self.facts.adoptable.get(resource.address)
        if found is None:
            self._create(resource, entry)
        else:
            self._adopt(resource, entry, found)

    def undeclared(self, entry: Entry) -> None:
        change, drifted = departure(self.facts, entry)
        self._note(drifted)
        self.changes.append(change)

    def _note(self, drifted: DriftedResource | None) -> None:
        if drifted is not None:
            self.drift.append(drifted)

    def _renew(self, address: Address) -> None:
        """From here on the ID of ``address`` is known after apply only."""
        old = self.ids.pop(address, None)
        if old is not None:
            self.renewed[old] = address

    def _create(self, resource: Resource, entry: Entry | None) -> None:
        reason = None
        if entry is not None:
            reason = Reason.CLOSED if entry.type in self.facts.closed else Reason.GONE
        self._renew(resource.address)
        after = self._wanted(resource)
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

    def _adopt(self, resource: Resource, entry: Entry | None, live: Live) -> None:
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
        change = self._compared(resource, entry, live, comparison)
        # No entry says what the object uses; files that look alike may have changed places.
        used = {
            self.known[i] for i in leaves(live.values) if isinstance(i, str) and i in self.known
        }
        uses = tuple(sorted({*resource.depends_on, *change.released_from, *used}))
        self.changes.append(
            replace(
                change,
                action=action,
                reason=Reason.MARKED,
                released_from=uses,
                previous_address=self.facts.previous.get(address),
                basis=basis(entry, live.id, comparison.before),
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
        self._note(edited(self.facts, entry, live))
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
