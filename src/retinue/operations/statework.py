"""Changes of the state that touch no platform: move, forget, push. Each under the lease."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from retinue.address import Address
from retinue.engine.entry import Entry, Snapshot
from retinue.engine.moves import move
from retinue.errors import StateError, StateForeign, UsageError
from retinue.operations.session import state_of
from retinue.project import Project
from retinue.state.codec import snapshot_from_text

Notice = Callable[[str], None]


def require(snapshot: Snapshot, address: Address) -> Entry:
    """The entry of ``address``.

    Raises:
        UsageError: there is none.
    """
    entry = snapshot.entries.get(address)
    if entry is None:
        raise UsageError(f"{address} is not in the state", hint="retinue state list shows what is")
    return entry


async def move_entry(project: Project, source: Address, target: Address, notice: Notice) -> None:
    """Rename an entry.

    Raises:
        UsageError: the source is unknown, the target taken, or the kinds differ.
    """
    store = state_of(project)
    async with store.leased(notice):
        snapshot = store.read()
        require(snapshot, source)
        if target in snapshot.entries:
            raise UsageError(f"{target} is in the state already", hint="forget it first: state rm")
        if source.kind != target.kind:
            raise UsageError(f"{source} can't become {target}: another kind")
        store.write(move(snapshot, [(source, target)]).snapshot)


async def forget_entries(
    project: Project, addresses: Iterable[Address], notice: Notice
) -> list[Entry]:
    """Drop entries and return them.

    Raises:
        UsageError: one of them is unknown; then nothing is dropped.
    """
    store = state_of(project)
    async with store.leased(notice):
        snapshot = store.read()
        gone = [require(snapshot, address) for address in addresses]
        names = {entry.address for entry in gone}
        kept = {a: entry for a, entry in snapshot.entries.items() if a not in names}
        store.write(replace(snapshot, entries=kept))
        return gone


async def push_state(
    project: Project, text: str, where: str, notice: Notice, *, forced: bool
) -> int:
    """Replace the state; returns the new serial. By force even one that can't be read.

    Raises:
        StateForeign: another project, stack or lineage, or older than what is there.
        StateCorrupt: ``text`` is no state.
    """
    pushed = snapshot_from_text(text, where=where)
    if (pushed.project, pushed.stack) != (project.name, project.stack):
        raise StateForeign(
            f"{where} is the state of {pushed.project}/{pushed.stack}, "
            f"not of {project.name}/{project.stack}"
        )
    store = state_of(project)
    async with store.leased(notice):
        try:
            present = store.read()
        except StateError:
            if not forced:
                raise
            present = pushed
        if not forced:
            _check_successor(pushed, present, where)
        serial = max(pushed.serial, present.serial)
        return store.write(replace(pushed, serial=serial)).serial


def _check_successor(pushed: Snapshot, present: Snapshot, where: str) -> None:
    if present.serial == 0 and not (present.entries or present.pending):
        return
    if pushed.lineage != present.lineage:
        raise StateForeign(f"{where} has another lineage", hint="--force replaces the state anyway")
    if pushed.serial < present.serial:
        raise StateForeign(
            f"{where} is older (serial {pushed.serial}) than the state ({present.serial})",
            hint="--force replaces the state anyway",
        )
