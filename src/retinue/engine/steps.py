"""From changes to steps: what is executed, and what each step waits for. Pure.

A replacement is two steps: the new object is written first, and the old one destroyed once
nothing uses it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from retinue.address import Address
from retinue.engine.graph import dependants, levels
from retinue.engine.plan import Action, Change


class Phase(IntEnum):
    """Writing comes before destroying, for one address."""

    WRITE = 0
    DESTROY = 1


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One unit of work. ``object_id`` tells two objects to destroy at one address apart."""

    phase: Phase
    address: Address
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps, their changes, and what each waits for."""

    changes: Mapping[Step, Change]
    waits_for: Mapping[Step, frozenset[Step]]

    def ordered(self) -> list[Step]:
        """All steps by (level, phase, address): the same on every machine."""
        level = levels(self.waits_for)
        return sorted(self.changes, key=lambda step: (level[step], step))


def schedule(changes: Iterable[Change]) -> Schedule:
    """Lay the steps of ``changes`` out."""
    steps = {step: change for change in changes for step in steps_of(change)}
    by_address: dict[Address, list[Step]] = {}
    for step in steps:
        by_address.setdefault(step.address, []).append(step)
    releasers = _releasers(steps)
    waits = {step: frozenset(_waits(step, steps, by_address, releasers)) for step in steps}
    return Schedule(steps, waits)


def steps_of(change: Change) -> list[Step]:
    """The steps of one change, in order."""
    steps = []
    if change.writes or change.action is Action.FORGET:
        steps.append(Step(Phase.WRITE, change.address))
    if change.destroys:
        steps.append(Step(Phase.DESTROY, change.address, change.id or ""))
    return steps


def _releasers(steps: Mapping[Step, Change]) -> dict[Address, list[Step]]:
    """Address to the steps that stop using its present object."""
    result: dict[Address, list[Step]] = {}
    for step, change in steps.items():
        for address in change.released_from:
            result.setdefault(address, []).append(step)
    return result


def _waits(
    step: Step,
    steps: Mapping[Step, Change],
    by_address: Mapping[Address, Sequence[Step]],
    releasers: Mapping[Address, Sequence[Step]],
) -> Iterable[Step]:
    # One address, one step at a time: each reads its entry in the ledger and writes it again.
    turn = _turn(step, steps[step])
    yield from (s for s in by_address[step.address] if _turn(s, steps[s]) < turn)
    if step.phase is Phase.WRITE:
        for address in steps[step].depends_on:
            yield from (s for s in by_address.get(address, ()) if s.phase is Phase.WRITE)
    else:
        yield from (s for s in releasers.get(step.address, ()) if s.address != step.address)


def _turn(step: Step, change: Change) -> tuple[int, str]:
    """When a step has its turn at its address. What ends the entry comes last: the entry is all
    that remembers the leftovers."""
    if change.leftover:
        return 1, step.object_id
    ends = change.action in (Action.DELETE, Action.FORGET) or step.phase is Phase.DESTROY
    return 2 if ends else 0, step.object_id


def requirements(changes: Iterable[Change]) -> dict[Address, set[Address]]:
    """Which changes each change needs to go with: the steps' arrows, seen between addresses."""
    plan = schedule(changes)
    result: dict[Address, set[Address]] = {}
    for step, before in plan.waits_for.items():
        needed = result.setdefault(step.address, set())
        needed.update(other.address for other in before if other.address != step.address)
    return result


def followers(plan: Schedule) -> dict[Step, set[Step]]:
    """Who waits for each step."""
    return dependants(plan.waits_for)
