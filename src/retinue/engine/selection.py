"""--target and --exclude: which changes of a plan are kept, and why each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retinue.address import Address, select
from retinue.engine.graph import closure, dependants
from retinue.engine.plan import Change
from retinue.engine.steps import requirements


@dataclass(frozen=True, slots=True)
class Selected:
    """The kept changes, and for each kept address the reason."""

    changes: tuple[Change, ...]
    reasons: Mapping[Address, str]


def choose(
    changes: Sequence[Change], *, targets: Sequence[str], excludes: Sequence[str]
) -> Selected:
    """Keep what ``targets`` name and whatever has to go with it; drop what ``excludes`` name and
    whatever needs it.

    Raises:
        UsageError: a pattern fits no resource.
    """
    known = {change.address for change in changes}
    needs = requirements(changes)
    reasons = _targeted(select(targets, known), needs) if targets else dict.fromkeys(known, "")
    dropped = closure(select(excludes, known), dependants(_total(needs, known)))
    kept = {address: why for address, why in reasons.items() if address not in dropped}
    changes = tuple(change for change in changes if change.address in kept)
    shown = {address: why for address, why in sorted(kept.items()) if why}
    return Selected(changes, shown)


def _total(
    needs: Mapping[Address, Iterable[Address]], known: Iterable[Address]
) -> dict[Address, set[Address]]:
    return {address: set(needs.get(address, ())) for address in known}


def _targeted(
    chosen: Mapping[Address, str], needs: Mapping[Address, Iterable[Address]]
) -> dict[Address, str]:
    reasons = {address: f"--target {pattern}" for address, pattern in chosen.items()}
    todo = sorted(chosen)
    while todo:
        address = todo.pop(0)
        for needed in sorted(needs.get(address, ())):
            if needed not in reasons:
                reasons[needed] = f"needed by {address}"
                todo.append(needed)
    return reasons
