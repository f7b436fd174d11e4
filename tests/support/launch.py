"""Runs of Retinue as real processes: started, watched, signalled by PID, waited for in bounds."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which a run counts as hung and is ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over. ``code`` as a shell sees it, negative for the signal that ended it."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Running:
    """A run under way. ``pid`` is that of Retinue itself."""

    def __init__(
        self, connection: socket.socket, stream: TextIO, pid: int, out: Path, err: Path
    ) -> None:
        self.pid = pid
        self.out, self.err = out, err
        self._connection = connection
        self._stream = stream
        self._began = time.monotonic()
        self._ended: Ended | None = None

    def signal(self, number: int) -> None:
        """Send a signal to this very process; one that has ended already is let be."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """SIGKILL."""
        self.signal(signal.SIGKILL)

    def wait(self, seconds: float = PATIENCE) -> Ended:
        """Wait for the end; a run that takes longer is killed and fails the test."""
        if self._ended is None:
            self._ended = self._wait(seconds)
        return self._ended

    def _wait(self, seconds: float) -> Ended:
        self._connection.settimeout(seconds)
        try:
            code = int(self._stream.readline())
        except TimeoutError:
            self.kill()
            raise AssertionError(f"still running after {seconds} s\n{self._texts()}") from None
        finally:
            self._stream.close()
            self._connection.close()
        out, err = self._texts()
        return Ended(code, out, err, time.monotonic() - self._began)

    def _texts(self) -> tuple[str, str]:
        return self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8")

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
        """Wait until something is so."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, f"it never happened: {what}\n{self._texts()}"
            time.sleep(0.005)

    def says(self, text: str) -> None:
        """Wait until ``text`` is in the output."""
        self.until(lambda: text in "".join(self._texts()), f"{text!r} in the output")


class Launcher:
    """Starts runs through the zygote that listens on ``path``."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._runs = 0

    def start(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        sabotage: Mapping[str, Any] | None = None,
    ) -> Running:
        """Start ``retinue`` with ``argv`` and nothing but ``env`` in its environment."""
        self._runs += 1
        out, err = (self._folder / f"{self._runs}.{name}" for name in ("out", "err"))
        out.touch()
        err.touch()
        order = {
            "argv": list(argv),
            "cwd": str(cwd),
            "env": dict(env),
            "out": str(out),
            "err": str(err),
            "sabotage": dict(sabotage or {}),
        }
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(str(self._path))
        stream = connection.makefile("rw", encoding="utf-8")
        stream.write(json.dumps(order) + "\n")
        stream.flush()
        return Running(connection, stream, int(stream.readline()), out, err)


@contextmanager
def launcher() -> Iterator[Launcher]:
    """A launcher for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="rtn-") as name:
        folder = Path(name)
        path = folder / "zygote"
        process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", "tests.support.zygote", str(path)],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n", "the zygote did not start"
            yield Launcher(path, folder)
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()
