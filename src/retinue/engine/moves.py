"""``moved:`` entries: a resource gets another address and keeps its object. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from retinue.address import Address
from retinue.engine.entry import Snapshot


@dataclass(frozen=True, slots=True)
class Moved:
    """A snapshot under the new addresses, and what each was called before."""

    snapshot: Snapshot
    previous: Mapping[Address, Address]


def move(snapshot: Snapshot, moves: Iterable[tuple[Address, Address]]) -> Moved:
    """Rename entries from source to target; chains (a to b, b to c) end at the last name.

    A move whose source is not in the state is done already; one whose target is there as well
    is left alone, so that no object is lost.
    """
    onward = dict(moves)
    renamed: dict[Address, Address] = {}
    for source in sorted(onward):
        target = _end(source, onward)
        if source in snapshot.entries and target not in snapshot.entries:
            renamed[source] = target
    # An interrupted apply may have moved a resource, but not yet those that depend on it.
    done = {source: _end(source, onward) for source in onward if source not in snapshot.entries}
    entries = {}
    for address, entry in snapshot.entries.items():
        name = renamed.get(address, address)
        deps = tuple(renamed.get(dep) or done.get(dep, dep) for dep in entry.depends_on)
        entries[name] = replace(entry, address=name, depends_on=deps)
    # What a create made that nobody has looked for yet is that resource's, under its new name.
    pending = {
        operation: replace(intent, address=renamed.get(at) or done.get(at, at))
        for operation, intent in snapshot.pending.items()
        for at in [intent.address]
    }
    moved = replace(snapshot, entries=entries, pending=pending)
    return Moved(moved, {v: k for k, v in renamed.items()})


def _end(source: Address, onward: Mapping[Address, Address]) -> Address:
    seen = {source}
    target = onward[source]
    while target in onward and target not in seen:
        seen.add(target)
        target = onward[target]
    return target
