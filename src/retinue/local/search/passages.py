"""From a file to what the index stores: text, cut into chunks, with the terms of each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from retinue.local.search.chunks import chunked, count_tokens
from retinue.local.search.extraction import Unreadable, text_of
from retinue.local.search.extraction.limits import TOKENS
from retinue.local.search.terms import terms_of

_SHORT = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """How a file is to be read and cut."""

    filename: str
    encoding: str | None
    size: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk as the index stores it; ``terms`` is joined by spaces, ``length`` their number."""

    start: int
    text: str
    terms: str
    length: int


def passages(file: BinaryIO, source: Source) -> Iterator[Passage]:
    """The passages of a seekable file in order. Raises Unreadable before the first one."""
    text = text_of(file, filename=source.filename, encoding=source.encoding)
    if len(text) > _SHORT and count_tokens(text) > TOKENS:
        raise Unreadable("too_long")
    for chunk in chunked(text, size=source.size, overlap=source.overlap):
        terms = terms_of(chunk.text)
        yield Passage(chunk.start, chunk.text, " ".join(terms), len(terms))
