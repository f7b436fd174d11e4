"""The text of Word documents (.docx) and PowerPoint slides (.pptx): XML inside a zip archive.

The archive is read from memory or a file without a name, part by part; nothing is unpacked to
disk, and an archive inside the archive is never opened.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from retinue.local.search.extraction import limits
from retinue.local.search.extraction.limits import Unreadable

_WORD_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_SLIDE = re.compile(r"ppt/slides/slide(\d{1,6})\.xml")
_PIECE_BYTES = 64 * 1024
_DEEPEST = 512
_ENCRYPTED = 0x1

_BREAKS = {"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "tc": "\t", "tr": "\n"}
_AT_START = frozenset({"br", "cr", "tab"})
_SKIPPED = frozenset({"pPr", "sectPr", "Fallback"})
"""Properties hold tab stops, a fallback repeats what stands beside it in an older form."""


def office_text(file: BinaryIO) -> str:
    """The text of a document or of all slides in order. Raises Unreadable."""
    try:
        with ZipFile(file) as archive:
            parts = _parts(archive)
            budget = _Budget()
            return "\n".join(_part_text(archive, part, budget) for part in parts)
    except expat.ExpatError as error:
        raise Unreadable("damaged") from error
    except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Unreadable("damaged") from error


def _parts(archive: ZipFile) -> list[ZipInfo]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) > limits.PARTS:
        raise Unreadable("bomb")
    parts = [entries[name] for name in _WORD_PARTS if name in entries]
    slides = [(int(match[1]), name) for name in entries if (match := _SLIDE.fullmatch(name))]
    parts += [entries[name] for _, name in sorted(slides)]
    if not parts:
        raise Unreadable("other_document")
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise Unreadable("encrypted")
    return parts


class _Budget:
    """Counts what comes out of an archive, whatever its directory promises."""

    def __init__(self) -> None:
        self._spent = 0

    def spend(self, amount: int, *, part_so_far: int, part_packed: int) -> None:
        """Account for ``amount`` more bytes. Raises Unreadable where they are too many."""
        self._spent += amount
        swollen = part_so_far > limits.RATIO * max(part_packed, 1)
        if self._spent > limits.UNPACKED_BYTES or (
            swollen and part_so_far > limits.RATIO_FROM_BYTES
        ):
            raise Unreadable("bomb")


def _unpacked(archive: ZipFile, part: ZipInfo, budget: _Budget) -> Iterator[bytes]:
    done = 0
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE_BYTES):
            done += len(piece)
            budget.spend(len(piece), part_so_far=done, part_packed=part.compress_size)
            yield piece


def _part_text(archive: ZipFile, part: ZipInfo, budget: _Budget) -> str:
    reader = _Reader()
    for piece in _unpacked(archive, part, budget):
        reader.feed(piece)
    return reader.end()


class _Reader:
    """Collects the text of one XML part as it streams by. Names count without their namespace."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._path: list[str] = []
        self._skipped_from = 0
        self._length = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, data: bytes) -> None:
        self._parser.Parse(data, False)  # noqa: FBT003 - expat takes no keywords

    def end(self) -> str:
        self._parser.Parse(b"", True)  # noqa: FBT003
        return "".join(self._pieces)

    def _refuse(self, *_: object) -> None:
        """Only a document type can declare entities, and Office documents have none."""
        raise Unreadable("entities")

    def _start(self, name: str, _attributes: object) -> None:
        local = name.rpartition(" ")[2]
        self._path.append(local)
        if len(self._path) > _DEEPEST:
            raise Unreadable("damaged")
        if local in _SKIPPED and not self._skipped_from:
            self._skipped_from = len(self._path)
        if local in _AT_START:
            self._add(_BREAKS[local])

    def _end(self, _name: str) -> None:
        local = self._path.pop()
        if local in _BREAKS and local not in _AT_START:
            self._add(_BREAKS[local])
        if len(self._path) < self._skipped_from:
            self._skipped_from = 0

    def _text(self, text: str) -> None:
        if self._path[-1] == "t":
            self._add(text)

    def _add(self, text: str) -> None:
        if self._skipped_from:
            return
        self._length += len(text)
        if self._length > limits.TEXT_BYTES:
            raise Unreadable("too_long")
        self._pieces.append(text)
