"""Settle the creates that an earlier run began and never recorded. Pure.

Works on a copy: `plan` uses the result in memory, `apply` also writes it to the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from retinue.address import Address
from retinue.engine.entry import Entry, Intent, Snapshot
from retinue.engine.inventory import Found, Inventory, Resolution
from retinue.kinds.base import MARKER, Live

KEEP_LOOKING = 24 * 3600
"""Seconds for which a create that was not found is still looked for: lists may lag."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A settled stack.

    recorded: entries that the repair found out about. settled: operations that need no further
    looking. leftovers: objects of interrupted creates whose address has another object by now.
    """

    snapshot: Snapshot
    inventory: Inventory
    recorded: Mapping[str, Entry]
    settled: tuple[str, ...]
    leftovers: tuple[Found, ...]
    notes: tuple[str, ...]


def repair(snapshot: Snapshot, inventory: Inventory, *, now: float) -> Repaired:
    """Fold the resolutions of ``inventory`` into ``snapshot``; ``now`` in unix seconds."""
    work = _Work(snapshot, dict(inventory.live))
    for resolution in inventory.resolutions:
        work.settle(resolution, now)
    return Repaired(
        work.snapshot,
        replace(inventory, live=work.live),
        work.recorded,
        tuple(work.settled),
        tuple(work.leftovers),
        tuple(work.notes),
    )


class _Work:
    """The accumulators of one repair."""

    def __init__(self, snapshot: Snapshot, live: dict[Address, Live | None]) -> None:
        self.snapshot = snapshot
        self.live = live
        self.recorded: dict[str, Entry] = {}
        self.settled: list[str] = []
        self.leftovers: list[Found] = []
        self.notes: list[str] = []

    def settle(self, resolution: Resolution, now: float) -> None:
        intent, live = resolution.intent, resolution.live
        if live is None:
            self._not_found(resolution, now)
        elif self._taken(intent.address, live.id):
            self._close(intent)
        elif self.live.get(intent.address) is not None:
            self.leftovers.append(Found(intent.address, intent.type, live))
            self.notes.append(
                f"{intent.address}: {live.id} was left by an interrupted apply; "
                "it is a second copy and will be deleted"
            )
        else:
            self._record(intent, live)

    def _taken(self, address: Address, object_id: str) -> bool:
        entry = self.snapshot.entries.get(address)
        return entry is not None and object_id in (entry.id, *entry.deposed)

    def _record(self, intent: Intent, live: Live) -> None:
        old = self.snapshot.entries.get(intent.address)
        deposed = (*old.deposed, old.id) if old is not None else ()
        entry = entry_of(intent, live, deposed=deposed)
        self.snapshot = self.snapshot.with_entry(intent.address, entry)
        self.live[intent.address] = live
        self.recorded[intent.operation] = entry
        self._close(intent)
        self.notes.append(
            f"{intent.address}: {live.id} was created by an interrupted apply; now recorded"
        )

    def _not_found(self, resolution: Resolution, now: float) -> None:
        intent = resolution.intent
        if resolution.candidates:
            ids = ", ".join(resolution.candidates)
            self.notes.append(
                f"{intent.address}: possibly orphaned by an interrupted apply: {ids}; "
                "check them and delete what is not needed"
            )
            self._close(intent)
        elif now - intent.started_at > KEEP_LOOKING:
            self._close(intent)

    def _close(self, intent: Intent) -> None:
        self.settled.append(intent.operation)
        pending = {k: v for k, v in self.snapshot.pending.items() if k != intent.operation}
        self.snapshot = replace(self.snapshot, pending=pending)


def entry_of(intent: Intent, live: Live, *, deposed: Iterable[str] = ()) -> Entry:
    """The entry of an object found by its intent: only what was sent counts as applied."""
    values: dict[str, Any] = {
        key: value for key, value in intent.values.items() if key == MARKER or key in live.values
    }
    values.update({k: v for k, v in intent.values.items() if k == "sha256"})
    return Entry(
        address=intent.address,
        type=intent.type,
        id=live.id,
        values=values,
        depends_on=intent.depends_on,
        protect=intent.protect,
        deposed=tuple(deposed),
    )
