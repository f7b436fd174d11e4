"""The journal's records and what they do to a snapshot. Pure; `retinue.state` writes them.

A journal belongs to one serial of one state. Folding it is idempotent in the only way that
matters: a state file with a higher serial already contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from retinue.address import Address
from retinue.engine.entry import ConsumedPlan, Entry, Intent, Snapshot

CONSUMED_KEPT = 50
"""How many applied plan files a state remembers."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A create is about to be sent."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Settled:
    """A create without a recorded object needs no more looking for."""

    operation: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """Addresses are their entries now; None forgets. Settles ``operation`` when given."""

    entries: Mapping[Address, Entry | None]
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Consumed:
    """A plan file is being applied and can't be applied again."""

    plan: ConsumedPlan


@dataclass(frozen=True, slots=True)
class Reached:
    """From here on the objects are those of this platform."""

    platform: str


Record: TypeAlias = Begun | Settled | Recorded | Consumed | Reached


class Folding:
    """A snapshot under way: O(1) per record, whatever the size of the stack."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self.entries: dict[Address, Entry] = dict(base.entries)
        self.pending: dict[str, Intent] = dict(base.pending)
        self.consumed: list[ConsumedPlan] = list(base.consumed)
        self.platform = base.platform

    def add(self, record: Record) -> None:
        """Let one record take effect."""
        match record:
            case Begun(intent):
                self.pending[intent.operation] = intent
            case Settled(operation):
                self.pending.pop(operation, None)
            case Recorded(entries, operation):
                self._record(entries)
                self.pending.pop(operation or "", None)
            case Consumed(plan):
                self.consumed.append(plan)
            case Reached(platform):
                self.platform = platform

    def _record(self, entries: Mapping[Address, Entry | None]) -> None:
        for address, entry in entries.items():
            if entry is None:
                self.entries.pop(address, None)
            else:
                self.entries[address] = entry

    def snapshot(self) -> Snapshot:
        """The state as folded so far, with the serial of its base."""
        return replace(
            self._base,
            platform=self.platform,
            entries=dict(self.entries),
            pending=dict(self.pending),
            consumed=tuple(self.consumed[-CONSUMED_KEPT:]),
        )


def fold(base: Snapshot, records: Iterable[Record]) -> Snapshot:
    """Let ``records`` take effect on ``base``."""
    folding = Folding(base)
    for record in records:
        folding.add(record)
    return folding.snapshot()
