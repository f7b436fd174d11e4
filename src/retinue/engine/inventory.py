"""What a refresh found on the platform, in the engine's words. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retinue.address import Address
from retinue.engine.entry import Intent
from retinue.kinds.base import Live


@dataclass(frozen=True, slots=True)
class Found:
    """An object of ours on the platform that the state does not know under this ID."""

    address: Address
    type: str
    live: Live


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a create that has no outcome in the journal.

    live: the object it made; None when none was found. candidates: IDs of files that might be it
    when it can't be told which. certain: the object carries the operation; a file is only alike.
    """

    intent: Intent
    live: Live | None
    candidates: tuple[str, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Inventory:
    """live: every tracked address, None where the object is gone. marked: objects that carry our
    marker and are not tracked. resolutions: one for each pending create. closed: types of which the
    platform has no objects any more."""

    live: Mapping[Address, Live | None] = field(default_factory=dict)
    marked: tuple[Found, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    closed: frozenset[str] = frozenset()
