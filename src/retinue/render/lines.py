"""Lines: what a block of the plan says, before it is known whether a terminal or a diff shows it.

A line has a sign, a depth and pieces with a tone; text and Markdown print the same lines, so they
can't say different things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import NamedTuple, TypeAlias

from retinue.render.escape import fitted
from retinue.render.style import BRACKETS, Style, Tone


class Sign(Enum):
    """The symbol in front of a line."""

    NONE = ""
    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"
    REPLACE = "+/-"
    ADOPT = "="
    MOVE = ">"
    FORGET = "."
    CONTEXT = " "
    """A line of a text that stays: one row of a terminal is enough to find one's way."""

    HUNK = "@@"
    """The header of a hunk: not shown as a symbol, its text begins with it."""


TONES = {
    Sign.NONE: Tone.PLAIN,
    Sign.CONTEXT: Tone.PLAIN,
    Sign.ADD: Tone.GREEN,
    Sign.CHANGE: Tone.YELLOW,
    Sign.REMOVE: Tone.RED,
    Sign.REPLACE: Tone.YELLOW,
    Sign.ADOPT: Tone.CYAN,
    Sign.MOVE: Tone.CYAN,
    Sign.FORGET: Tone.CYAN,
    Sign.HUNK: Tone.CYAN,
}

LEGEND = {
    Sign.ADD: "create",
    Sign.CHANGE: "update in-place",
    Sign.REPLACE: "create replacement and then destroy",
    Sign.REMOVE: "destroy",
    Sign.ADOPT: "adopt",
    Sign.MOVE: "move",
    Sign.FORGET: "forget",
}

FENCED = {Sign.ADD: "+", Sign.REMOVE: "-", Sign.CHANGE: "!"}
"""Signs that GitHub's ``diff`` highlighting colours when they stand in the first column."""


class Piece(NamedTuple):
    """A part of a line, safe to show, and what it is."""

    text: str
    tone: Tone = Tone.PLAIN


Pieces: TypeAlias = tuple[str | Piece, ...]
"""The parts of a line; a plain string has no tone."""


_REMARK = "  # "


class Line(NamedTuple):
    """One line of a block. ``depth`` counts nesting; the object itself has depth 0."""

    depth: int
    sign: Sign
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Block:
    """One object: comment lines that say what happens and why, and the lines that show it."""

    comments: tuple[Pieces, ...]
    lines: tuple[Line, ...]


def line(depth: int, sign: Sign, *pieces: str | Piece) -> Line:
    """Build a line; empty pieces are left out."""
    return Line(depth, sign, tuple(piece for piece in pieces if piece))


def noted(lines: Sequence[Line], first: str = "", last: str = "") -> list[Line]:
    """Append a remark to the first line and a text to the last line of a value; the text comes
    ahead of remarks."""
    result = list(lines)
    if result and last:
        pieces = result[-1].pieces
        end = len(pieces) - (bool(pieces) and _is_remark(pieces[-1]))
        text = Piece(last, Tone.DIM)
        result[-1] = result[-1]._replace(pieces=(*pieces[:end], text, *pieces[end:]))
    if result and first:
        result[0] = result[0]._replace(pieces=(*result[0].pieces, remark(first)))
    return result


def remark(text: str) -> str | Piece:
    """A comment at the end of a line; nothing where there is nothing to say."""
    return Piece(f"{_REMARK}{text}", Tone.DIM) if text else ""


def _is_remark(piece: str | Piece) -> bool:
    return isinstance(piece, Piece) and piece.text.startswith(_REMARK)


def for_terminal(block: Block, style: Style) -> str:
    """A block as people read it in a terminal."""
    rows = [f"  # {_painted(comment, style)}" for comment in block.comments]
    for depth, sign, pieces in block.lines:
        row = f"{_margin(depth, sign, style)}{_painted(pieces, style)}".rstrip(" ")
        fits = sign is not Sign.CONTEXT or not style.terminal
        rows.append(row if fits else fitted(row, style.width))
    return "\n".join(rows)


@cache
def _margin(depth: int, sign: Sign, style: Style) -> str:
    """What stands before the text of a line: three columns hold the sign."""
    indent = "    " * depth
    if sign is Sign.HUNK:
        return f"{indent}  "  # its text is the symbol
    symbol = style.paint(f"{sign.value:>3}", TONES[sign]) if sign.value else "   "
    return f"{indent}{symbol} "


def _painted(pieces: Pieces, style: Style) -> str:
    return "".join([piece if isinstance(piece, str) else style.paint(*piece) for piece in pieces])


def for_fence(block: Block) -> str:
    """A block as a ``diff`` fence wants it: the symbol in the first column, ``!`` for a change."""
    comments = ["# " + "".join(map(_bracketed, comment)) for comment in block.comments]
    return "\n".join([*comments, *map(_fenced_line, block.lines)])


def _fenced_line(item: Line) -> str:
    text = "".join(_bracketed(piece) for piece in item.pieces)
    if item.sign is Sign.HUNK:
        return text
    symbol = FENCED.get(item.sign, "!" if item.sign is Sign.REPLACE else " ")
    named = item.sign.value + " " if item.sign in LEGEND and item.sign not in FENCED else ""
    return f"{symbol} {'    ' * item.depth}{named}{text}".rstrip(" ")


def _bracketed(piece: str | Piece) -> str:
    if isinstance(piece, str):
        return piece
    opening, closing = BRACKETS.get(piece.tone, ("", ""))
    return f"{opening}{piece.text}{closing}"
