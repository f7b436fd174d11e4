"""Kills its own process with SIGKILL at the n-th thing that it makes durable.

Counted are fsyncs, renames and removals, whatever code does them: Retinue knows nothing of this.
Applied in the child of a test, before Retinue runs.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

TORN_BYTES = 9
"""How much of the last line a torn write lacks."""


class _Counter:
    """Numbers durable operations and strikes at one of them."""

    def __init__(self, at: int, when: str, log: str | None) -> None:
        self._at = at
        self._when = when
        self._log = log
        self._count = 0
        self._lock = threading.Lock()

    def around(self, name: str, work: Callable[[], Any], tear: Callable[[], None]) -> Any:
        with self._lock:
            self._count += 1
            number = self._count
            if self._log is not None:
                with Path(self._log).open("a", encoding="utf-8") as out:
                    out.write(f"{number} {name}\n")
        if number == self._at and self._when == "torn":
            tear()
        if number == self._at and self._when in ("before", "torn"):
            _die()
        result = work()
        if number == self._at and self._when == "after":
            _die()
        return result


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()  # a thread that is not the main one may live for a moment


def sabotage(*, at: int = 0, when: str = "before", log: str | None = None) -> None:
    """Die ``when`` ("before", "after", "torn") the operation number ``at`` is done.

    torn: the file lacks its last bytes, as after a crash in the middle of a write. log: a file
    that gets a line for every operation.
    """
    counter = _Counter(at, when, log)
    fsync, replace, unlink = os.fsync, Path.replace, Path.unlink

    def counted_fsync(descriptor: int) -> None:
        def tear() -> None:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_size > TORN_BYTES:
                os.ftruncate(descriptor, found.st_size - TORN_BYTES)

        counter.around("fsync", lambda: fsync(descriptor), tear)

    def counted_replace(self: Path, target: Path) -> Path:
        made: Path = counter.around(f"replace {target}", lambda: replace(self, target), _nothing)
        return made

    def counted_unlink(self: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002
        counter.around(f"unlink {self}", lambda: unlink(self, missing_ok), _nothing)

    os.fsync = counted_fsync  # type: ignore[assignment]
    Path.replace = counted_replace  # type: ignore[method-assign, assignment]
    Path.unlink = counted_unlink  # type: ignore[method-assign]


def _nothing() -> None:
    return
