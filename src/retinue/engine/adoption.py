"""Objects that carry our marker without being in the state: adopt one, name the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from retinue.address import Address
from retinue.engine.inventory import Found
from retinue.kinds.base import Live


@dataclass(frozen=True, slots=True)
class Adoption:
    """adoptable: the object to take for each declared address. notes: what was left alone."""

    adoptable: Mapping[Address, Live]
    notes: tuple[str, ...]


def adopt(
    found: Iterable[Found], declared: Mapping[Address, str], there: AbstractSet[Address]
) -> Adoption:
    """Decide what to do with untracked objects of ours. ``declared`` maps to names of types;
    ``there`` are the addresses whose tracked object is on the platform.

    The oldest object of a declared address that has none is adopted if it is of the type.
    Everything else is only reported: it might be somebody's copy of this project.
    """
    adoptable: dict[Address, Live] = {}
    notes: list[str] = []
    for item in sorted(found, key=lambda f: (f.address, f.live.created_at, f.live.id)):
        free = item.address not in there and item.address not in adoptable
        if free and declared.get(item.address) == item.type:
            adoptable[item.address] = item.live
        else:
            elsewhere = free and declared.get(item.address, item.type) != item.type
            notes.append(_of_another_target(item) if elsewhere else _stray(item))
    return Adoption(adoptable, tuple(notes))


def _of_another_target(item: Found) -> str:
    return (
        f"{item.live.id} carries the marker of {item.address}, which now has another target, but "
        "the state does not know it: possibly orphaned; if its state was lost, run retinue state "
        "rebuild before apply, which then deletes it"
    )


def _stray(item: Found) -> str:
    return (
        f"{item.live.id} carries the marker of {item.address}, but the state does not know it: "
        "possibly orphaned; delete it if nobody needs it"
    )
