"""What the command line writes, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click

from retinue.errors import RetinueError
from retinue.problem import Problem

if TYPE_CHECKING:
    from retinue.engine.ports import Reporter
    from retinue.render.style import Style


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two streams. Each is painted for itself: one may be a pipe and the other a terminal."""

    out: TextIO
    log: TextIO
    width: int

    @classmethod
    def current(cls) -> Terminal:
        """The process's own streams; what their encoding lacks is replaced, never an error."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        out, log = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()  # None: `>&-`
        return cls(out, log, shutil.get_terminal_size((100, 24)).columns)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        on_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
        return sys.stdin is not None and sys.stdin.isatty() and not on_ci

    @property
    def style(self) -> Style:
        """How results may look."""
        return self._style(self.out)

    @property
    def log_style(self) -> Style:
        """How everything else may look."""
        return self._style(self.log)

    def _style(self, stream: TextIO) -> Style:
        from retinue.render.style import style_for

        return style_for(os.environ, terminal=stream.isatty(), width=self.width)

    def say(self, text: str) -> None:
        """Write a result."""
        _write(text, self.out)

    def stream(self, text: str) -> None:
        """Write a piece of a result at once, without a line end."""
        _write(text, self.out, end="")

    def note(self, text: str) -> None:
        """Write something that is not a result."""
        _write(text, self.log)

    def document(self, value: Any) -> None:
        """Write a result as one JSON document, in ASCII: safe on any terminal and in any pipe."""
        self.say(json.dumps(value, indent=2))

    def watcher(self) -> Reporter:
        """A reporter for work that only reads: it speaks where somebody watches."""
        from retinue.engine.ports import silent
        from retinue.render.progress import TextReporter

        return TextReporter(self.note, self.log_style) if self.log.isatty() else silent

    def error(self, error: RetinueError) -> None:
        """Write an error with its hint and code."""
        from retinue.render.failures import error_text

        self.note(error_text(error, self.log_style))

    def problems(self, problems: Iterable[Problem]) -> None:
        """Write problems with their source lines."""
        from retinue.render.problems import problems_text

        self.note(problems_text(list(problems), self.log_style, sources=_source))


def _write(text: str, stream: TextIO, *, end: str = "\n") -> None:
    """Write lines. A reader that has seen enough (``| head``) must not end work under way."""
    try:
        whole = text.removesuffix(end) if end else text
        click.echo(whole, file=stream, color=True, nl=bool(end))
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _source(shown: str) -> str | None:
    """The text of a file that a problem names, for its source line."""
    from pathlib import Path

    from retinue.errors import UsageError
    from retinue.project import find_root

    try:
        return (find_root(Path.cwd()) / shown).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, UsageError):
        return None
