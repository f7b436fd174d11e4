"""Rebuild a lost state from the markers on the platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from retinue.engine.adoption import adopt
from retinue.engine.entry import Entry
from retinue.engine.ports import SYSTEM, Clock
from retinue.engine.refresh import refresh
from retinue.engine.repair import repair
from retinue.operations.planning import Wanted
from retinue.operations.recorded import entry_for
from retinue.operations.recovery import recover_files
from retinue.operations.session import open_session, require_home, state_of
from retinue.project import Project


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The entries that were added, in address order, and what was left alone and why."""

    recorded: tuple[Entry, ...]
    notes: tuple[str, ...]


async def rebuild_state(
    project: Project, want: Wanted, notice: Callable[[str], None], *, clock: Clock = SYSTEM
) -> Rebuilt:
    """Record every object that carries this stack's marker, and the files attached to them.

    Raises:
        Locked, Refused, StateError, PlatformError: nothing is written then.
    """
    store = state_of(project)
    async with (
        open_session(project, parallelism=project.parallelism) as session,
        store.leased(notice),
    ):
        snapshot = store.read()
        require_home(snapshot, session)
        inventory = await refresh(session.adapters, snapshot, census=session.adapters)
        repaired = repair(snapshot, inventory, now=clock.now())
        files = await recover_files(session.adapters, repaired, want.desired)
        found = (*repaired.inventory.marked, *files)
        tracked = repaired.snapshot.entries.keys()
        adoption = adopt(found, {item.address for item in found}, tracked)
        types = {item.address: item.type for item in found}
        added = [
            entry_for(
                session.adapters[types[address]].type, address, live, want.desired.get(address)
            )
            for address, live in sorted(adoption.adoptable.items())
        ]
        entries = {**repaired.snapshot.entries, **{entry.address: entry for entry in added}}
        if added or repaired.snapshot != snapshot:
            store.write(replace(repaired.snapshot, platform=session.platform, entries=entries))
        return Rebuilt(tuple(added), (*repaired.notes, *adoption.notes))
