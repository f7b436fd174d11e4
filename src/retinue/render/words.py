"""Which words of a line changed. Pure.

A prompt's paragraph is often one line of several hundred characters; showing it twice hides the one
word that counts. Costs are bounded: lines of very many words are compared at their ends only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from retinue.render.escape import visible
from retinue.render.lines import Piece
from retinue.render.style import Tone

SIMILAR = 0.4
"""Share of common letters from which two lines count as versions of one."""

MAX_WORDS = 2_000
"""Words (after equal ends are cut off) up to which the middle is compared word by word."""

AROUND = 40
"""Characters of unchanged text shown around changed words."""

_TOKENS = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")


class Span(NamedTuple):
    """A part of two lines; ``old == new`` where nothing changed."""

    old: str
    new: str

    @property
    def same(self) -> bool:
        return self.old == self.new


def compare(old: str, new: str) -> list[Span] | None:
    """The spans of two versions of a line; None when they have too little in common."""
    spans = _smooth(_spans(_TOKENS.findall(old), _TOKENS.findall(new)))
    common = sum(_letters(span.old) for span in spans if span.same)
    enough = SIMILAR * max(_letters(old), _letters(new), 1)
    return spans if common >= enough and common else None


def _letters(text: str) -> int:
    return len(text) - sum(map(str.isspace, text))


def equal_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many items at the start, and at the end, are equal; never counted twice."""
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _spans(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    head, tail = equal_ends(old, new)
    start, end = "".join(old[:head]), "".join(old[len(old) - tail :])
    yield Span(start, start)
    yield from _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    yield Span(end, end)


def _middle(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    if len(old) > MAX_WORDS or len(new) > MAX_WORDS:
        yield Span("".join(old), "".join(new))
        return
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        yield Span("".join(old[i1:i2]), "".join(new[j1:j2]))


def _smooth(spans: Iterable[Span]) -> list[Span]:
    """Drop empty spans, move blanks that both sides begin with out of a change, join neighbours."""
    result: list[Span] = []
    for span in spans:
        blank = "" if span.same else _common_blank(span)
        parts = (Span(blank, blank), Span(span.old[len(blank) :], span.new[len(blank) :]))
        for part in parts:
            if result and result[-1].same == part.same:
                result.append(_joined(result.pop(), part))
            elif part.old or part.new:
                result.append(part)
    return result


def _common_blank(span: Span) -> str:
    old = span.old[: len(span.old) - len(span.old.lstrip())]
    return old if old and span.new.startswith(old) else ""


def _joined(left: Span, right: Span) -> Span:
    return Span(left.old + right.old, left.new + right.new)


def sides(spans: Iterable[Span]) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The old line and the new line, changed words marked."""
    spans = list(spans)
    return (
        tuple(Piece(visible(s.old), Tone.RED if s.same else Tone.GONE) for s in spans if s.old),
        tuple(Piece(visible(s.new), Tone.GREEN if s.same else Tone.NEW) for s in spans if s.new),
    )


def merged(spans: Sequence[Span], *, whole: bool) -> tuple[Piece, ...]:
    """One line that shows both; unchanged text far from a change is left out unless ``whole``."""
    pieces: list[Piece] = []
    for number, span in enumerate(spans):
        if span.same:
            first, last = number == 0, number == len(spans) - 1
            text = span.old if whole else _shortened(span.old, first=first, last=last)
            pieces.append(Piece(visible(text)))
        else:
            pieces.extend((Piece(visible(span.old), Tone.OUT), Piece(visible(span.new), Tone.IN)))
    return tuple(piece for piece in pieces if piece.text)


_CUT_WORD_AT_END = re.compile(r"(?<=\s)\w+$")
_CUT_WORD_AT_START = re.compile(r"^\w+(?=\s)")


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """Unchanged text between changes: its ends, as far as a change is near them."""
    head = "" if first else _CUT_WORD_AT_END.sub("", text[:AROUND])
    tail = "" if last else _CUT_WORD_AT_START.sub("", text[-AROUND:])
    if len(text) <= len(head) + len(tail) + AROUND:
        return text
    return f"{head}…{tail}"
