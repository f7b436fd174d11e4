"""Real processes of `retinue ask`, which get signals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.handlers import LASTING, bind, pids

PATIENCE = 60


def until(reached: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextlib.contextmanager
def asking(project: Shell, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """`retinue ask` as a process; killed at the end, if it is still there."""
    process = subprocess.Popen(
        [*ENTRY, "ask", *args],
        cwd=project.root,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def first_words(process: subprocess.Popen[bytes]) -> bytes:
    """Wait until the answer comes; the beginning of it."""
    assert process.stdout is not None
    return os.read(process.stdout.fileno(), 100)


def interrupted(project: Shell) -> tuple[int, str]:
    """Code and stderr of an ask whose answer is seen coming, and then is stopped by Ctrl-C."""
    with asking(project, "plain", "slowly") as process:
        began = time.monotonic()
        assert first_words(process).startswith(b"word0")
        assert time.monotonic() - began < 8
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        said = process.stderr.read().decode()
        return process.wait(PATIENCE), said


def killed_in_a_handler(project: Shell, *args: str) -> None:
    """Kill an ask of the tutor while the handler of its function runs, and that one as well."""
    bind(project, LASTING, "allow: true")
    with asking(project, "tutor", "quiz", *args) as process:
        until(lambda: bool(pids(project)))
        process.kill()
        process.wait(PATIENCE)
    for pid in pids(project):
        os.kill(pid, signal.SIGKILL)


def running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
