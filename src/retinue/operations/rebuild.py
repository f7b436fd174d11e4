"""Rebuild a lost state from the markers on the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from retinue.address import Address
from retinue.engine.adoption import adopt
from retinue.engine.entry import Entry, Snapshot
from retinue.engine.inventory import Found
from retinue.engine.ports import SYSTEM, Clock
from retinue.engine.refresh import refresh
from retinue.engine.repair import Repaired, repair
from retinue.engine.tasks import together
from retinue.errors import FamilyGone
from retinue.kinds.base import Adapter, Live, Resource, ResourceType
from retinue.operations.alike import look_alikes, used_by_ours
from retinue.operations.desired import Wanted
from retinue.operations.recorded import entry_for
from retinue.operations.recovery import recover_files
from retinue.operations.session import Opener, Session, open_session, require_home, state_of
from retinue.project import Project


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The entries that were added, in address order, and what was left alone and why."""

    recorded: tuple[Entry, ...]
    notes: tuple[str, ...]


async def rebuild_state(
    project: Project,
    want: Wanted,
    notice: Callable[[str], None],
    *,
    clock: Clock = SYSTEM,
    connect: Opener = open_session,
) -> Rebuilt:
    """Record every object that carries this stack's marker, and the files attached to them.

    Raises:
        Locked, Refused, StateError, PlatformError: nothing is written then.
    """
    store = state_of(project)
    async with (
        connect(project, parallelism=project.parallelism) as session,
        store.leased(notice),
    ):
        snapshot = store.read()
        require_home(snapshot, session)
        served = await _served(session.adapters)
        inventory = await refresh(session.adapters, snapshot, census=served)
        repaired = repair(snapshot, inventory, now=clock.now())
        desired = {a: r for a, r in want.desired.items() if r.type.name in served}
        found = (*repaired.inventory.marked, *await _unmarked(session, repaired, desired))
        types = _types(found, want.desired)
        adoption = adopt(found, types, repaired.alive.keys())
        kinds = {a: session.adapters[name].type for a, name in types.items()}
        added = _entries(repaired.snapshot, adoption.adoptable, kinds, want.desired)
        entries = {**repaired.snapshot.entries, **{entry.address: entry for entry in added}}
        if added or repaired.snapshot != snapshot:
            store.write(replace(repaired.snapshot, platform=session.platform, entries=entries))
        return Rebuilt(tuple(added), (*repaired.notes, *adoption.notes))


def _entries(
    snapshot: Snapshot,
    found: Mapping[Address, Live],
    types: Mapping[Address, ResourceType],
    desired: Mapping[Address, Resource],
) -> list[Entry]:
    """The entries of what was found, by address. What waits to be deleted there still does."""
    ids = {**snapshot.ids(), **{address: live.id for address, live in found.items()}}
    return [
        replace(
            entry_for(types[address], address, live, desired.get(address), ids.get),
            deposed=snapshot.entries[address].deposed if address in snapshot.entries else (),
        )
        for address, live in sorted(found.items())
    ]


async def _served(adapters: Mapping[str, Adapter]) -> set[str]:
    """The types that the platform has at all: rebuilding is no time to insist on one.

    Raises:
        FamilyGone: it has none of them, and so is none, or elsewhere.
    """

    async def missing(adapter: Adapter) -> FamilyGone | None:
        try:
            async for _ in adapter.pages():
                break
        except FamilyGone as error:
            return error
        return None

    names = [name for name, adapter in adapters.items() if not adapter.type.recorded]
    answers = await together(missing(adapters[name]) for name in names)
    there = {name for name, gone in zip(names, answers, strict=True) if gone is None}
    if not there:
        raise next(gone for gone in answers if gone is not None)
    return there


async def _unmarked(
    session: Session, repaired: Repaired, desired: Mapping[Address, Resource]
) -> list[Found]:
    """What can't carry a marker: by who uses it, else the only one that looks the same."""
    snapshot = repaired.snapshot
    alike = await look_alikes(
        session.adapters, desired, there=snapshot.entries, taken=snapshot.objects()
    )
    files = await recover_files(session.adapters, repaired, desired)
    marked = {found.address: found.live for found in repaired.inventory.marked}
    used = used_by_ours(alike, desired, marked)
    known = {found.address for found in used}
    only = (each.found() for each in alike if each.address not in known)
    return [*files, *used, *(found for found in only if found is not None)]


def _types(found: Iterable[Found], desired: Mapping[Address, Resource]) -> dict[Address, str]:
    """The type to take at each address: the wanted one, where there is such an object."""
    types: dict[Address, str] = {}
    for item in found:
        wanted = desired.get(item.address)
        if item.address not in types or (wanted and wanted.type.name == item.type):
            types[item.address] = item.type
    return types
