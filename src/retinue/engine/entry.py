"""What the state remembers of one resource, and of the work that is not finished.

Pure data of the engine; `retinue.state` stores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from retinue.address import Address
from retinue.kinds.base import Live
from retinue.kinds.values import Values


@dataclass(frozen=True, slots=True)
class Deposed:
    """An object that was replaced, or is one too many, and still waits to be deleted."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One resource as last applied.

    values: the managed attributes with concrete IDs, secrets `Sealed`. A file keeps the SHA-256 of
        its content here.
    deposed: may be of another type than the entry, once the assistant's target was changed.
    """

    address: Address
    type: str
    id: str
    values: Values
    depends_on: tuple[Address, ...] = ()
    protect: bool = False
    deposed: tuple[Deposed, ...] = ()

    @property
    def objects(self) -> tuple[str, ...]:
        """The IDs of its object and of those that wait to be deleted."""
        return self.id, *(old.id for old in self.deposed)

    def as_live(self) -> Live:
        """The object of a recorded type: there is no other than what was applied."""
        return Live(id=self.id, values=self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A create that was begun: whether it happened is known only once an outcome follows.

    values: enough to recognise the object without a marker (name, size and purpose of a file).
    started_at: unix seconds of this machine's clock. replaces: the ID of the object that this one
        takes the place of. others: IDs of objects without a marker that are alike and were there
        before; the new one is none of them.
    """

    operation: str
    address: Address
    type: str
    values: Mapping[str, Any]
    started_at: float
    depends_on: tuple[Address, ...] = ()
    protect: bool = False
    replaces: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsumedPlan:
    """A plan file that was applied: it can't be applied again."""

    id: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that is known of a stack: the state file with the journal folded into it.

    lineage: minted with the first state, so that two stacks are never mistaken for one another.
    serial: grows with every write of the state file.
    platform: where the objects live, as messages call it; empty before anything was applied.
    pending: creates without an outcome, by operation.
    """

    project: str
    stack: str
    lineage: str
    serial: int = 0
    platform: str = ""
    entries: Mapping[Address, Entry] = field(default_factory=dict)
    pending: Mapping[str, Intent] = field(default_factory=dict)
    consumed: tuple[ConsumedPlan, ...] = ()

    @property
    def home(self) -> str:
        """The platform that the tracked objects are on; empty while there are none."""
        return self.platform if self.entries else ""

    def objects(self) -> set[str]:
        """The IDs of all objects that are ours by this state, those to be deleted included."""
        return {i for entry in self.entries.values() for i in entry.objects}

    def ids(self) -> dict[Address, str]:
        """Address to platform ID."""
        return {address: entry.id for address, entry in self.entries.items()}

    def with_entry(self, address: Address, entry: Entry | None) -> Snapshot:
        """A copy in which ``address`` is ``entry``, or is forgotten when None."""
        entries = dict(self.entries)
        if entry is None:
            entries.pop(address, None)
        else:
            entries[address] = entry
        return replace(self, entries=entries)
