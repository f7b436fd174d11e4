"""Somebody at a command line: a project folder, and commands run in it.

`Shell` runs commands in this process, which is quick; `Shell.process` starts a real one, for what
only a process has: exit codes, signals, streams. Both go through the console script's entry.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from retinue.cli.main import run

ENTRY = (sys.executable, "-c", "from retinue.cli.main import main; main()")

STEERING = ("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR")
"""What steers a command from outside, besides everything of ours and the SDK's."""


def plain_environment() -> dict[str, str]:
    """The environment without anything that steers Retinue or the SDK."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in STEERING and not name.startswith(("RETINUE_", "OPENAI_"))
    }


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def conclusion(self) -> str:
        """The last line on stdout."""
        return self.out.splitlines()[-1] if self.out else ""


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder to run commands in, with additions to the plain environment."""

    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *args: str) -> Done:
        """Run a command in this process, without a terminal."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.root),
            mock.patch.dict(os.environ, plain_environment() | dict(self.environ), clear=True),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(args)
        return Done(code, out.getvalue(), err.getvalue())

    def ok(self, *args: str) -> Done:
        """Run a command that has to succeed."""
        done = self(*args)
        assert done.code == 0, done.err + done.out
        return done

    def process(self, *args: str, **environ: str) -> Done:
        """Run a command in a process of its own, without a terminal."""
        done = subprocess.run(
            [*ENTRY, *args],
            cwd=self.root,
            env=plain_environment() | dict(self.environ) | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def write(self, files: Mapping[str, str | None]) -> None:
        """Write files of the project; None removes one."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text, encoding="utf-8", newline="\n")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file."""
        text = (self.root / name).read_text("utf-8")
        assert old in text
        self.write({name: text.replace(old, new)})

    def id_of(self, address: str) -> str:
        return self.ok("output", address).out.strip()


@contextlib.contextmanager
def serving(folder: Path, *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`retinue serve` as a process: it and the base URL that it has printed."""
    command = [*ENTRY, "serve", "--port", "0", "--db", str(folder / "served.db"), *args]
    server = subprocess.Popen(
        command, cwd=folder, env=plain_environment(), stdout=subprocess.PIPE, encoding="utf-8"
    )
    with server:
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().strip()
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
                server.wait(30)
