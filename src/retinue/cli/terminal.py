"""What the command line writes, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import click

from retinue.errors import RetinueError
from retinue.problem import Problem

if TYPE_CHECKING:
    from retinue.render.style import Style


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two streams and how they may be written to."""

    out: TextIO
    log: TextIO
    colour: bool
    width: int

    @classmethod
    def current(cls) -> Terminal:
        """The process's own streams; NO_COLOR and pipes are respected."""
        forced = bool(os.environ.get("FORCE_COLOR"))
        wanted = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        colour = wanted and (forced or sys.stdout.isatty())
        return cls(sys.stdout, sys.stderr, colour, shutil.get_terminal_size((100, 24)).columns)

    @property
    def style(self) -> Style:
        """How rendered text may look."""
        from retinue.render.style import Style

        return Style(colour=self.colour, width=self.width)

    def say(self, text: str) -> None:
        """Write a result."""
        click.echo(text.removesuffix("\n"), file=self.out, color=self.colour)

    def note(self, text: str) -> None:
        """Write something that is not a result."""
        click.echo(text.removesuffix("\n"), file=self.log, color=self.colour)

    def error(self, error: RetinueError) -> None:
        """Write an error with its hint and code."""
        from retinue.render.failures import error_text

        self.note(error_text(error, self.style))

    def problems(self, problems: Iterable[Problem]) -> None:
        """Write problems with their source lines."""
        from retinue.render.problems import problems_text

        self.note(problems_text(list(problems), self.style, sources=_source))


def _source(shown: str) -> str | None:
    """The text of a file that a problem names, for its source line."""
    from pathlib import Path

    from retinue.errors import UsageError
    from retinue.project import find_root

    try:
        return (find_root(Path.cwd()) / shown).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, UsageError):
        return None
