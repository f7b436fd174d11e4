"""The journal file: append-only JSON lines, each on the disk before anybody relies on it.

Lines that are asked for at the same time share one fsync, so that the cost per change falls as
the parallelism rises.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from retinue.address import Address
from retinue.engine.entry import ConsumedPlan, Entry, Intent, Snapshot
from retinue.engine.journal import (
    Begun,
    Consumed,
    Folding,
    Reached,
    Record,
    Recorded,
    Settled,
)
from retinue.errors import Locked, StateCorrupt
from retinue.foreign_json import read_json
from retinue.kinds.marker import Owner
from retinue.state.codec import record_from_json, record_to_json
from retinue.state.files import sync_folder

_BINARY = getattr(os, "O_BINARY", 0)
"""Without it, Windows would write line ends of its own."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read: the state it starts from, and its records."""

    lineage: str
    serial: int
    records: tuple[Record, ...]


def read_journal(path: Path) -> Journal | None:
    """Read a journal; None where there is none. A torn last line was never relied on: dropped.

    Raises:
        StateCorrupt: a line other than the last is not what we wrote.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    whole = lines[:-1]
    if not whole:
        return None
    try:
        header, *rest = (read_json(line) for line in whole)
        records = tuple(record_from_json(item) for item in rest)
        return Journal(str(header["lineage"]), int(header["serial"]), records)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateCorrupt(
            f"{path}: not a readable journal ({type(error).__name__}: {error})",
            hint="move it away and run: retinue state rebuild",
        ) from None


class JournalLedger:
    """The `Ledger` of one apply, writing to one journal file.

    ``held`` says whether the lease is still ours. It is asked before every write: whoever lost it
    (a machine that stood still) records nothing any more, and so begins no create, either.
    """

    def __init__(self, path: Path, base: Snapshot, held: Callable[[], bool] = lambda: True) -> None:
        self._held = held
        self._folding = Folding(base)
        self._owner = Owner(base.project, base.stack)
        self._queue: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._file = _start(path, base)

    @property
    def owner(self) -> Owner:
        return self._owner

    @property
    def entries(self) -> Mapping[Address, Entry]:
        return self._folding.entries

    @property
    def snapshot(self) -> Snapshot:
        """The state with everything recorded so far."""
        return self._folding.snapshot()

    async def begin(self, intent: Intent) -> None:
        await self._add(Begun(intent))

    async def settle(self, operation: str) -> None:
        await self._add(Settled(operation))

    async def record(
        self, entries: Mapping[Address, Entry | None], operation: str | None = None
    ) -> None:
        await self._add(Recorded(dict(entries), operation))

    async def reach(self, platform: str) -> None:
        """Remember which platform the objects live on, where that is news."""
        if platform != self._folding.platform:
            await self._add(Reached(platform))

    async def consume(self, plan: ConsumedPlan) -> None:
        """Remember that a plan file is used up."""
        await self._add(Consumed(plan))

    async def _add(self, record: Record) -> None:
        text = json.dumps(record_to_json(record), ensure_ascii=False) + "\n"
        line = text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((line, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._drain())
        await written
        self._folding.add(record)

    async def _drain(self) -> None:
        """Write whatever is queued, one fsync a round, until nothing is."""
        while self._queue:
            batch, self._queue = self._queue, []
            try:
                await asyncio.to_thread(self._write, b"".join(line for line, _ in batch))
            except (OSError, Locked) as error:
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)

    def _write(self, data: bytes) -> None:
        if not self._held():
            raise Locked(
                "another apply took the lease over while this one stood still",
                hint="run apply again: it finds what was done here",
            )
        _append(self._file, data)

    def close(self) -> None:
        """Close the file; what is in it is durable."""
        self._file.close()


def _start(path: Path, base: Snapshot) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    header: dict[str, Any] = {"do": "open", "lineage": base.lineage, "serial": base.serial}
    out = _opened(path)
    _append(out, json.dumps(header).encode() + b"\n")
    sync_folder(path.parent)
    return out


def _opened(path: Path) -> BinaryIO:
    """An empty file that is the owner's only, like the state: what was applied is in it."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # of an older one, the permissions would stay
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    return os.fdopen(descriptor, "wb")


def _append(out: BinaryIO, data: bytes) -> None:
    out.write(data)
    out.flush()
    os.fsync(out.fileno())
