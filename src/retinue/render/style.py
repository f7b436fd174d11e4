"""How text is painted: colour on or off, how wide, and whether anybody watches. Plain ANSI codes.

Nothing else in this room knows an escape sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """What a piece of text is; the value is its ANSI codes, empty for none."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"
    ALARM = "1;31"
    CAUTION = "1;33"
    GOOD = "1;32"
    GONE = "1;7;31"
    """Words that go, inside a line that goes."""
    NEW = "1;7;32"
    """Words that come, inside a line that comes."""
    OUT = "9;31"
    """Words that go, inside a line that shows both; bracketed without colour."""
    IN = "1;4;32"
    """Words that come, inside a line that shows both; bracketed without colour."""


BRACKETS: Mapping[Tone, tuple[str, str]] = {Tone.OUT: ("[-", "-]"), Tone.IN: ("{+", "+}")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """``colour``: whether to use ANSI codes. ``width`` in columns, for rules and excerpts.
    ``terminal``: whether a person watches the output as it comes."""

    colour: bool = False
    width: int = 80
    terminal: bool = False

    def paint(self, text: str, tone: Tone) -> str:
        """Paint ``text``, which must be safe to show already."""
        if tone is Tone.PLAIN or not text:
            return text
        if self.colour:
            return f"\x1b[{tone.value}m{text}\x1b[0m"
        opening, closing = BRACKETS.get(tone, ("", ""))
        return f"{opening}{text}{closing}"

    def rule(self) -> str:
        """A horizontal line."""
        return self.paint("─" * max(1, min(self.width, 80)), Tone.DIM)


PLAIN = Style()


def style_for(
    environ: Mapping[str, str], *, terminal: bool, width: int = 80, colour: bool | None = None
) -> Style:
    """Choose a style: ``colour`` as asked for, else NO_COLOR, FORCE_COLOR, TERM and the terminal.

    See https://no-color.org and https://force-color.org: a variable counts when it is not empty.
    """
    if colour is None:
        if environ.get("NO_COLOR"):
            colour = False
        elif environ.get("FORCE_COLOR"):
            colour = True
        else:
            colour = terminal and environ.get("TERM") != "dumb"
    return Style(colour=colour, width=width, terminal=terminal)
