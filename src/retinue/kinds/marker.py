"""The marker: one metadata entry that says which project, stack, address and operation made it.

It is what makes a killed apply repairable: a create whose answer was lost is looked up by its
operation instead of being sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retinue.address import Address

KEY = "retinue"
"""The metadata key (and attachment attribute) that holds the marker; users can't use it."""

MAX_LENGTH = 512
_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Owner:
    """The project and stack that objects belong to."""

    project: str
    stack: str

    def mark(self, address: Address) -> str:
        """The part of a marker that stays the same whichever operation writes it."""
        return f"{self.project}/{self.stack}/{address}"


@dataclass(frozen=True, slots=True)
class Marker:
    """What a marker says. ``operation`` is the ID of the create (or re-mark) that wrote it."""

    owner: Owner
    address: Address
    operation: str

    def __str__(self) -> str:
        return f"{_VERSION}/{self.operation}/{self.owner.mark(self.address)}"

    @classmethod
    def read(cls, metadata: Mapping[str, Any] | None) -> Marker | None:
        """Read the marker in an object's metadata; None where there is none that we understand."""
        text = (metadata or {}).get(KEY)
        if not isinstance(text, str):
            return None
        parts = text.split("/", 4)
        if len(parts) != 5 or parts[0] != _VERSION:
            return None
        try:
            address = Address.parse(parts[4])
        except ValueError:
            return None
        return cls(Owner(parts[2], parts[3]), address, parts[1])


def without_marker(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metadata as the user sees it."""
    return {key: value for key, value in (metadata or {}).items() if key != KEY}
