"""Cuts a text into overlapping chunks of a bounded number of tokens. Pure.

Tokens are estimated, always alike and without any model's vocabulary: a piece that ``PIECE``
matches counts as one. That is up to eight Latin letters with the space before them, four of other
alphabets, one sign of a script without spaces, three digits, three signs of punctuation, or eight
blanks. English prose comes to about 1.25 tokens a word, within a tenth of what OpenAI's encodings
give; unusual text may be off by more.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

PIECE = re.compile(
    "[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
    "| ?[A-Za-z\u00c0-\u024f]{1,8}"
    r"| ?\d{1,3}"
    r"| ?[^\W\d_]{1,4}"
    r"|\s{1,8}"
    r"| ?[^\w\s]{1,3}"
    r"|.",
    re.DOTALL,
)
_SENTENCE_END = re.compile("[.!?\u2026][\"')\\]\u201d\u2019]*(?=\\s)|[\u3002\uff01\uff1f]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a text; ``start`` is its first character's place in it."""

    start: int
    text: str


def count_tokens(text: str) -> int:
    """Tokens of ``text``, by the estimate above."""
    return sum(1 for _ in PIECE.finditer(text))


def chunked(text: str, *, size: int, overlap: int) -> Iterator[Chunk]:
    """Chunks of at most ``size`` tokens that together cover the text.

    Neighbours share at most ``overlap`` tokens (at most half of ``size``) and at least three
    quarters of that: both ends move to the best border nearby, a paragraph's rather than a
    line's, a sentence's or a word's.
    """
    return _Cutter(text, size, overlap).chunks()


class _Cutter:
    """One text with the places of its tokens. Borders are named by the token that follows."""

    def __init__(self, text: str, size: int, overlap: int) -> None:
        self._text = text
        self._size = size
        self._overlap = overlap
        self._starts = array("L", (match.start() for match in PIECE.finditer(text)))

    def chunks(self) -> Iterator[Chunk]:
        total, first = len(self._starts), 0
        while first < total:
            end = first + self._size
            if end >= total:
                yield self._chunk(first, total)
                return
            end = self._border(end - self._size // 5, end)
            yield self._chunk(first, end)
            first = self._border(end - self._overlap, end - self._overlap * 3 // 4)

    def _chunk(self, first: int, end: int) -> Chunk:
        start = self._starts[first]
        return Chunk(start, self._text[start : self._place(end)])

    def _place(self, token: int) -> int:
        return self._starts[token] if token < len(self._starts) else len(self._text)

    def _border(self, least: int, most: int) -> int:
        """The best token to cut before, from ``least`` to ``most``."""
        offset = self._place(least)
        window = self._text[offset : self._place(most)]
        for found in (_after_paragraph, _after_line, _after_sentence, _before_blank):
            place = found(window)
            if place > 0:
                return bisect_left(self._starts, offset + place, least, most)
        return most


def _after_paragraph(window: str) -> int:
    return window.rfind("\n\n") + 2 if "\n\n" in window else 0


def _after_line(window: str) -> int:
    return window.rfind("\n") + 1


def _after_sentence(window: str) -> int:
    last = 0
    for match in _SENTENCE_END.finditer(window):
        last = match.end()
    return last


def _before_blank(window: str) -> int:
    return window.rfind(" ")
