"""Commands at a real terminal: a pseudo-terminal of the standard library. Not for Windows."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.cli.shell import ENTRY, Shell, plain_environment

PROMPT = "Enter a value:"


@dataclass(frozen=True, slots=True)
class Seen:
    """How a command at a terminal ended, and everything it showed there."""

    code: int
    screen: str


Answer = Callable[[int, int], None]
"""Gets the terminal and the process's ID as soon as the question is there."""


def at_a_terminal(shell: Shell, *args: str, answer: Answer, **environ: str) -> Seen:
    """Run one of Retinue's commands on a pseudo-terminal."""
    return on_a_terminal([*ENTRY, *args], shell.root, answer, environ)


def on_a_terminal(
    command: Sequence[str], folder: Path, answer: Answer, environ: Mapping[str, str]
) -> Seen:
    """Run any command on a pseudo-terminal."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=plain_environment() | {"TERM": "xterm"} | dict(environ),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    with process, os.fdopen(controller, "rb", buffering=0) as view:
        screen, answered = b"", False
        while part := _read(view):
            screen += part
            if PROMPT.encode() in screen and not answered:
                answered = True
                answer(controller, process.pid)
                while process.poll() is None and not _something_in(view):
                    answer(controller, process.pid)  # the first came before the question listened
    return Seen(process.wait(60), screen.decode().replace("\r\n", "\n"))


def _read(view: BinaryIO) -> bytes:
    try:
        return view.read(65_536)
    except OSError:  # Linux says so where others read an end
        return b""


def _something_in(view: BinaryIO) -> bool:
    """Wait a moment for the process to say something."""
    return bool(select.select([view], [], [], 2.0)[0])


def typing(text: str) -> Answer:
    """An answer typed at the keyboard; Ctrl-C is ``\\x03`` and Ctrl-D ``\\x04``."""

    def answer(controller: int, process: int) -> None:
        del process
        os.write(controller, text.encode())

    return answer


def interrupting(controller: int, process: int) -> None:
    """Ctrl-C, as the terminal's driver would send it."""
    del controller
    os.kill(process, signal.SIGINT)
