"""Secrets that could not be read: a preview says so, whatever writes stops. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retinue.address import Address
from retinue.engine.plan import Plan
from retinue.errors import SecretUnreadable
from retinue.kinds.base import Resource
from retinue.operations.desired import Wanted
from retinue.problem import Place


@dataclass(frozen=True, slots=True)
class Missing:
    """A secret that isn't there, and that the resource at ``address`` needs; ``applied``: the
    platform may have it already."""

    address: Address
    place: Place | None
    error: SecretUnreadable
    applied: bool

    def __str__(self) -> str:
        where = "" if self.place is None else f"{self.place}: "
        return f"{where}{self.address}: {self.error.message}"

    def note(self) -> str:
        """What a preview says of it."""
        end = "this preview can't tell whether it was rotated, and " if self.applied else ""
        return f"{self.address}: {self.error.message}; {end}apply needs it"


def without_secrets(
    plan: Plan, want: Wanted, desired: Mapping[Address, Resource]
) -> tuple[Missing, ...]:
    """What is missing of the resources that ``plan`` is about."""
    planned = {change.address: change.before is not None for change in plan.changes}
    return tuple(
        Missing(address, desired[address].place, error, applied=planned[address])
        for address, errors in sorted(want.unread.items())
        if address in desired and address in planned
        for error in errors
    )


def missing_secrets(missing: Sequence[Missing]) -> SecretUnreadable:
    """All of them in one error."""
    hints = dict.fromkeys(each.error.hint for each in missing if each.error.hint)
    return SecretUnreadable("\n".join(map(str, missing)), hint="; ".join(hints))
