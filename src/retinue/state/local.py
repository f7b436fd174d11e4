"""State in the local file system: ``NAME.json``, with ``NAME.journal`` and ``NAME.lock``."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

from retinue.engine.entry import Snapshot
from retinue.engine.journal import fold
from retinue.errors import Locked, StateCorrupt, StateForeign
from retinue.state.codec import snapshot_from_text, snapshot_to_text
from retinue.state.files import remove_unfinished, sync_folder, write_atomically
from retinue.state.journal import JournalLedger, read_journal
from retinue.state.lease import Holder, Lease, acquire, break_lease


class LocalState:
    """The state of one stack of one project."""

    def __init__(self, path: Path, *, project: str, stack: str) -> None:
        self.path = path
        self._project = project
        self._stack = stack
        self._journal = path.with_suffix(".journal")
        self._lock = path.with_suffix(".lock")

    def read(self) -> Snapshot:
        """The state with the journal folded in; an empty one where nothing was ever applied.

        Writes nothing and needs no lease.

        Raises:
            StateCorrupt, StateForeign: it can't be used; nothing is overwritten.
        """
        # The journal first: an apply that ends replaces the state before it drops the journal.
        journal = read_journal(self._journal)
        stored = self._stored()
        if journal is None:
            return stored or self._empty(uuid.uuid4().hex)
        if stored is None:
            if journal.serial > 0:
                raise StateCorrupt(
                    f"{self.path} is gone, but its journal is here (serial {journal.serial})",
                    hint="restore the state file; or move the journal away and run: "
                    "retinue state rebuild",
                )
            stored = self._empty(journal.lineage)
        if journal.serial > stored.serial:
            raise StateCorrupt(
                f"{self.path} is older than its journal "
                f"(serial {stored.serial}, the journal's is {journal.serial})",
                hint="restore the newest state file, or move the journal away if it is not needed",
            )
        if journal.lineage != stored.lineage:
            raise StateForeign(
                f"{self._journal} belongs to another state (lineage {journal.lineage})",
                hint="move the journal away if you know where it came from",
            )
        return fold(stored, journal.records) if journal.serial == stored.serial else stored

    def write(self, snapshot: Snapshot) -> Snapshot:
        """Replace the state file, one serial up, and drop the journal that is folded into it."""
        following = replace(snapshot, serial=snapshot.serial + 1)
        write_atomically(self.path, snapshot_to_text(following))
        with contextlib.suppress(FileNotFoundError):
            self._journal.unlink()
        sync_folder(self.path.parent)
        return following

    @contextlib.asynccontextmanager
    async def session(self, notice: Callable[[str], None]) -> AsyncIterator[JournalLedger]:
        """Hold the lease and open a journal; at the end the state file is folded from it.

        Raises:
            Locked: somebody else applies. StateCorrupt, StateForeign: as in `read`.
        """
        async with self.leased(notice) as lease:
            base = self.read()
            remove_unfinished(self.path)
            if self._journal.exists():
                base = self.write(base)
            ledger = JournalLedger(self._journal, base, lease.held)
            try:
                yield ledger
            finally:
                ledger.close()
                self._finish(base, ledger.snapshot, lease)

    def _finish(self, base: Snapshot, now: Snapshot, lease: Lease) -> None:
        if not lease.held():
            raise Locked(
                f"{self.path}: another apply took the lease over while this one stood still",
                hint="its state counts now; run apply again, objects of ours are found by marker",
            )
        if now == base:
            self._journal.unlink(missing_ok=True)
        else:
            self.write(now)

    @contextlib.asynccontextmanager
    async def leased(self, notice: Callable[[str], None]) -> AsyncIterator[Lease]:
        """Hold the lease only."""
        lease = acquire(self._lock, notice)
        renewal = asyncio.create_task(lease.keep())
        try:
            yield lease
        finally:
            renewal.cancel()
            lease.release()

    def unlock(self) -> Holder | None:
        """Break the lease of a holder that is gone; see `break_lease`."""
        return break_lease(self._lock)

    def _stored(self) -> Snapshot | None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise StateCorrupt(f"{self.path}: not a text file ({error})") from None
        snapshot = snapshot_from_text(text, where=str(self.path))
        if (snapshot.project, snapshot.stack) != (self._project, self._stack):
            raise StateForeign(
                f"{self.path} is the state of {snapshot.project}/{snapshot.stack}, "
                f"not of {self._project}/{self._stack}",
                hint="correct state.path or the project's name in retinue.yaml",
            )
        return snapshot

    def _empty(self, lineage: str) -> Snapshot:
        return Snapshot(project=self._project, stack=self._stack, lineage=lineage)
