"""Settle the creates that an earlier run began and never recorded. Pure.

Works on a copy: `plan` uses the result in memory, `apply` also writes it to the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from retinue.address import Address
from retinue.engine.entry import Deposed, Entry, Intent, Snapshot
from retinue.engine.inventory import Inventory, Resolution
from retinue.engine.lookup import LONGEST_CREATE
from retinue.kinds.base import Live

KEEP_LOOKING = 24 * 3600
"""Seconds for which a create that was not found is still looked for: lists may lag. Without a
marker that would be guessing: there it ends with `LONGEST_CREATE`."""

_MOST_NAMED = 5
"""Objects that a note names."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A settled stack.

    recorded: entries that the repair found out about, by operation. settled: operations that need
    no further looking.
    """

    snapshot: Snapshot
    inventory: Inventory
    recorded: Mapping[str, Entry]
    settled: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def alive(self) -> dict[Address, Live]:
        """The tracked objects that are still on the platform, by address."""
        return {a: live for a, live in self.inventory.live.items() if live is not None}


def repair(
    snapshot: Snapshot,
    inventory: Inventory,
    *,
    now: float,
    wanted: Mapping[Address, str] = MappingProxyType({}),
) -> Repaired:
    """Fold the resolutions of ``inventory`` into ``snapshot``; ``now`` in unix seconds. ``wanted``
    are the types that the manifests want by now, by name."""
    work = _Work(snapshot, dict(inventory.live), wanted)
    for resolution in inventory.resolutions:
        work.settle(resolution, now)
    return Repaired(
        work.snapshot,
        replace(inventory, live=work.live),
        work.recorded,
        tuple(work.settled),
        (*_kept(work.found), *work.notes),
    )


class _Work:
    """The accumulators of one repair."""

    def __init__(
        self,
        snapshot: Snapshot,
        live: dict[Address, Live | None],
        wanted: Mapping[Address, str],
    ) -> None:
        self.snapshot = snapshot
        self.live = live
        self.wanted = wanted
        self.recorded: dict[str, Entry] = {}
        self.settled: list[str] = []
        self.notes: list[str] = []
        self.found: list[str] = []

    def settle(self, resolution: Resolution, now: float) -> None:
        intent, live = resolution.intent, resolution.live
        if live is None:
            self._not_found(resolution, now)
        elif self._taken(intent.address, live.id):
            self._close(intent)
        elif self._awaited(intent):
            self._record(intent, live)
        else:
            self._second_copy(resolution, live)

    def _taken(self, address: Address, object_id: str) -> bool:
        entry = self.snapshot.entries.get(address)
        return entry is not None and object_id in entry.objects

    def _awaited(self, intent: Intent) -> bool:
        """Whether the address has no object, or still the one that was to be replaced; but not
        where somebody wants just that one again, having changed the target back."""
        entry = self.snapshot.entries.get(intent.address)
        if entry is None or self.live.get(intent.address) is None:
            return True
        back = entry.type != intent.type and self.wanted.get(intent.address) == entry.type
        return entry.id == intent.replaces and not back

    def _record(self, intent: Intent, live: Live) -> None:
        old = self.snapshot.entries.get(intent.address)
        self._keep(intent, entry_of(intent, live, deposed=_replaced(old, intent)))
        self.live[intent.address] = live
        self.found.append(f"{intent.address} ({live.id})")

    def _second_copy(self, resolution: Resolution, live: Live) -> None:
        """The address has another object by now: delete this one if it is certainly ours."""
        intent = resolution.intent
        if resolution.certain:
            entry = self.snapshot.entries[intent.address]
            copy = Deposed(intent.type, live.id)
            self._keep(intent, replace(entry, deposed=(*entry.deposed, copy)))
            end = "it is a second copy and will be deleted"
        else:
            self._close(intent)
            end = "it may be a second copy: delete it if nobody needs it"
        self.notes.append(f"{intent.address}: {live.id} was left by an interrupted apply; {end}")

    def _keep(self, intent: Intent, entry: Entry) -> None:
        self.snapshot = self.snapshot.with_entry(intent.address, entry)
        self.recorded[intent.operation] = entry
        self._close(intent)

    def _not_found(self, resolution: Resolution, now: float) -> None:
        intent = resolution.intent
        if resolution.candidates:
            ids = ", ".join(resolution.candidates)
            self.notes.append(
                f"{intent.address}: possibly orphaned by an interrupted apply: {ids}; "
                "check them and delete what is not needed"
            )
            self._close(intent)
        elif now - intent.started_at > (KEEP_LOOKING if resolution.certain else LONGEST_CREATE):
            self._close(intent)

    def _close(self, intent: Intent) -> None:
        self.settled.append(intent.operation)
        pending = {k: v for k, v in self.snapshot.pending.items() if k != intent.operation}
        self.snapshot = replace(self.snapshot, pending=pending)


def _replaced(old: Entry | None, intent: Intent) -> Iterable[Deposed]:
    """What has to go once the object of ``intent`` stands at an address; it may have been made for
    one that was adopted in the place of the tracked one."""
    if old is None:
        return
    yield from old.deposed
    yield Deposed(old.type, old.id)
    if intent.replaces not in (None, old.id):
        yield Deposed(intent.type, str(intent.replaces))


def _kept(found: Sequence[str]) -> Iterable[str]:
    """What to know of the objects that are ours after all."""
    shown = ", ".join(found[:_MOST_NAMED])
    if len(found) == 1:
        yield f"{shown} was created by an interrupted apply; it is kept"
    elif found:
        rest = len(found) - _MOST_NAMED
        more = f" and {rest} more" if rest > 0 else ""
        yield f"{len(found)} objects were created by an interrupted apply; kept are {shown}{more}"


def entry_of(intent: Intent, live: Live, *, deposed: Iterable[Deposed] = ()) -> Entry:
    """The entry of an object found by its intent: what was sent counts as applied."""
    return Entry(
        address=intent.address,
        type=intent.type,
        id=live.id,
        values=dict(intent.values),
        depends_on=intent.depends_on,
        protect=intent.protect,
        deposed=tuple(deposed),
    )
