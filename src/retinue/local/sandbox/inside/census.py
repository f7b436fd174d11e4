"""The processes of the sandbox, counted, stopped and killed together.

Only for the sandbox's first process: a signal to "everybody" reaches all others there, in one go
that no fork can slip through, and never anything outside.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/PID/stat, counted behind the command's closing bracket.
_UTIME, _CSTIME, _RSS = 11, 14, 21
_KILL_ROUNDS = 200


class Usage(NamedTuple):
    """What all processes together have used and hold."""

    cpu_seconds: float
    memory_bytes: int


def others() -> Iterator[int]:
    """Every process of the sandbox but the first."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib costs start-up time
        if name.isdigit() and name != "1":
            yield int(name)


def usage() -> Usage:
    """Add up who lives, and what the dead left to their parents."""
    times = os.times()
    ticks = 0
    pages = 0
    for pid in others():
        if fields := _stat(pid):
            ticks += sum(map(int, fields[_UTIME : _CSTIME + 1]))
            pages += int(fields[_RSS])
    left = times.children_user + times.children_system
    return Usage(left + ticks / _TICKS, pages * _PAGE)


def _stat(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - the same
            return file.read().rpartition(b")")[2].split()
    except OSError:  # it ended meanwhile
        return []


def _lives(pid: int) -> bool:
    """A zombie is its parent's to bury, and that may be the stopped survivor."""
    return _stat(pid)[:1] not in ([], [b"Z"])


def inodes(folders: tuple[str, ...]) -> int:
    """How many files, of whatever kind, the writable folders hold."""
    found = [os.statvfs(folder) for folder in folders]
    return sum(each.f_files - each.f_ffree for each in found)


def freeze() -> None:
    """Stop everybody else where they are."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGSTOP)


def kill_others_than(survivor: int) -> None:
    """Kill what the code started and left behind; it does not outlive the call."""
    for _ in range(_KILL_ROUNDS):
        reap(survivor)
        strays = [pid for pid in others() if pid != survivor and _lives(pid)]
        if not strays:
            return
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def reap(watched: int) -> int | None:
    """Bury the dead; gives the wait status of ``watched`` if it is among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, found = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == watched:
                status = found
    return status
