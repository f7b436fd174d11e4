"""The lease: one apply per stack.

An operating-system lock on a file decides between processes of one machine and frees itself when
its holder dies. The record inside says who holds it; it is renewed, so that a machine that shares
the folder but not the lock can tell a live holder from a dead one.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from retinue.errors import Locked
from retinue.foreign_json import read_json
from retinue.state.oslock import try_lock, unlock

RENEW_EVERY = 15.0
"""Seconds between two renewals."""

STALE_AFTER = 60.0
"""Seconds without a renewal after which another machine may take the lease over."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease. Times are unix seconds."""

    owner: str
    host: str
    pid: int
    since: float
    renewed: float

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"{self.owner}@{self.host} (pid {self.pid}) since {since}"


def me() -> Holder:
    """This process as a holder."""
    now = time.time()
    try:
        owner = getpass.getuser()
    except (OSError, KeyError):
        owner = "unknown"
    return Holder(owner, socket.gethostname(), os.getpid(), now, now)


class Lease:
    """A held lease; renew it with `keep`, give it back with `release`."""

    def __init__(self, path: Path, descriptor: int, holder: Holder) -> None:
        self._path = path
        self._descriptor = descriptor
        self._holder = holder
        _write(descriptor, holder)

    def held(self) -> bool:
        """Whether it is still ours: another machine takes over what was not renewed in time."""
        return read_holder(self._path) == self._holder

    async def keep(self) -> None:
        """Renew until cancelled, or until somebody else has taken over."""
        while self.held():
            await asyncio.sleep(RENEW_EVERY)
            if self.held():
                self._holder = replace(self._holder, renewed=time.time())
                _write(self._descriptor, self._holder)

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        if self.held():
            _write(self._descriptor, None)
        unlock(self._descriptor)
        os.close(self._descriptor)


def acquire(path: Path, notice: Callable[[str], None]) -> Lease:
    """Take the lease at ``path``; ``notice`` is told when a dead holder's is taken over.

    Raises:
        Locked: somebody alive holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        holder = _require_free(descriptor, path)
        if holder is not None:
            notice(f"took over the lease of {holder}, which ended without giving it back")
        return Lease(path, descriptor, me())
    except BaseException:
        os.close(descriptor)
        raise


def _require_free(descriptor: int, path: Path) -> Holder | None:
    """Lock the file; returns the dead holder that its record still names, if any."""
    locked = try_lock(descriptor)
    holder = read_holder(path) if locked else _introduced(path)
    if not locked or (holder is not None and _alive_elsewhere(holder)):
        raise Locked(
            f"the stack is locked by {holder or 'another process'}",
            hint="wait for it to finish; if that machine is gone, run: retinue unlock",
        )
    return holder


def break_lease(path: Path) -> Holder | None:
    """Give back the lease of a holder that is gone; returns it, None when the stack was free.

    Raises:
        Locked: a process of this machine is still at work under it.
    """
    if not path.exists():
        return None
    descriptor = os.open(path, os.O_RDWR)
    try:
        holder = read_holder(path)
        if not try_lock(descriptor):
            raise Locked(
                f"the stack is in use by {holder or 'another process'}",
                hint="stop that process (Ctrl-C saves its work), then try again",
            )
        _write(descriptor, None)
        unlock(descriptor)
        return holder
    finally:
        os.close(descriptor)


def read_holder(path: Path) -> Holder | None:
    """Who the record names; None when it names nobody."""
    try:
        data = read_json(path.read_text(encoding="utf-8"))
        return Holder(**data)
    except (OSError, ValueError, TypeError):
        return None


def _introduced(path: Path) -> Holder | None:
    """Who holds the lock; it may just have been taken, its record not yet written."""
    for _ in range(20):
        holder = read_holder(path)
        if holder is not None:
            return holder
        time.sleep(0.01)
    return None


def _alive_elsewhere(holder: Holder) -> bool:
    return holder.host != socket.gethostname() and time.time() - holder.renewed < STALE_AFTER


def _write(descriptor: int, holder: Holder | None) -> None:
    data = json.dumps(asdict(holder)).encode() if holder is not None else b""
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, data)
    with contextlib.suppress(OSError):
        os.fsync(descriptor)
