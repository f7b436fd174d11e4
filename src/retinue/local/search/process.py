"""Reads a file in a process of its own, bounded in memory and time, and stoppable."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import IO, Any

from retinue.local.search.extraction import Unreadable
from retinue.local.search.passages import Passage, Source

WALL_SECONDS = 180.0
_LONGEST_LINE = 8 * 1024 * 1024
_LINES_AHEAD = 256
_PATIENCE_SECONDS = 1.0
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from retinue.local.search.child import main; main()"
)


def passages_apart(
    file: IO[bytes], source: Source, *, alive: Callable[[], bool], seconds: float = WALL_SECONDS
) -> Iterator[Passage]:
    """The passages of ``file``, a real file, read by a child process.

    ``alive`` is asked about every second and whenever something was read; the reading stops
    where it says no. Raises Unreadable; also where the child dies, whatever it died of.
    """
    command = [sys.executable, "-I", "-X", "utf8", "-c", _BOOT]
    arguments = [json.dumps(sys.path), json.dumps(asdict(source))]
    # S603: our own interpreter; names from outside are data on its command line.
    with subprocess.Popen(  # noqa: S603
        [*command, *arguments],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None  # because it is a PIPE
        try:
            yield from _read(child.stdout, alive, time.monotonic() + seconds)
        except EOFError:
            # Killed by the system, for the memory or the time it took; or it failed by itself.
            killed = child.wait(_PATIENCE_SECONDS) < 0
            raise Unreadable("exhausting" if killed else "crashed") from None
        finally:
            child.kill()


def _read(output: IO[bytes], alive: Callable[[], bool], deadline: float) -> Iterator[Passage]:
    """Passages until the child says that it is done. Raises EOFError where it never does."""
    lines: queue.Queue[bytes] = queue.Queue(_LINES_AHEAD)
    stopped = threading.Event()
    pump = threading.Thread(target=_pump, args=(output, lines, stopped), daemon=True)
    pump.start()
    try:
        while alive():
            if time.monotonic() > deadline:
                raise Unreadable("exhausting")
            try:
                line = lines.get(timeout=_PATIENCE_SECONDS)
            except queue.Empty:
                continue
            if not line.endswith(b"\n"):
                raise EOFError
            value: Any = json.loads(line)
            if isinstance(value, dict):
                if value["fault"] is not None:
                    raise Unreadable(value["fault"])
                return
            yield Passage(*value)
    finally:
        stopped.set()


def _pump(output: IO[bytes], lines: queue.Queue[bytes], stopped: threading.Event) -> None:
    """Pass lines on until the last, which is empty; a pipe alone can't be waited on everywhere."""
    line = b"more"
    while line and not stopped.is_set():
        try:
            line = output.readline(_LONGEST_LINE)
        except (OSError, ValueError):
            line = b""
        while not stopped.is_set():
            try:
                lines.put(line, timeout=_PATIENCE_SECONDS)
            except queue.Full:
                continue
            break
