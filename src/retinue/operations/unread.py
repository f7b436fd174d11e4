"""Secrets that could not be read: a preview says so, whatever writes stops. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retinue.address import Address
from retinue.engine.plan import Plan
from retinue.errors import SecretUnreadable
from retinue.kinds.base import Resource
from retinue.manifest.model import Secret
from retinue.operations.desired import Wanted


@dataclass(frozen=True, slots=True)
class Missing:
    """A ``secret`` that isn't there, and that ``resource`` needs; ``applied``: the platform may
    have it already."""

    resource: Resource
    secret: Secret
    error: SecretUnreadable
    applied: bool

    def __str__(self) -> str:
        return f"{self._where()}{self.resource.address}: {self.error.message}"

    def _where(self) -> str:
        places = self.resource.places
        written = str(self.secret) if self.secret.env else list(self.secret.command)
        return "" if places is None else f"{places.of(written)}: "

    def note(self) -> str:
        """What a preview says of it."""
        end = "this preview can't tell whether it was rotated, and " if self.applied else ""
        return f"{self.resource.address}: {self.error.message}; {end}apply needs it"


def without_secrets(
    plan: Plan, want: Wanted, desired: Mapping[Address, Resource]
) -> tuple[Missing, ...]:
    """What is missing of the resources that ``plan`` is about."""
    planned = {change.address: change.before is not None for change in plan.changes}
    return tuple(
        Missing(desired[address], secret, error, applied=planned[address])
        for address, errors in sorted(want.unread.items())
        if address in desired and address in planned
        for secret, error in errors.items()
    )


def missing_secrets(missing: Sequence[Missing]) -> SecretUnreadable:
    """All of them in one error."""
    hints = dict.fromkeys(each.error.hint for each in missing if each.error.hint)
    return SecretUnreadable("\n".join(map(str, missing)), hint="; ".join(hints))
