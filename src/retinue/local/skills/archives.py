"""Zips of skills: what is in one that was uploaded, and the one that is served. Pure.

Both are read and written piece by piece: no file is ever held in memory. Archives come from
strangers: each way in which one can be broken has to end in a refusal.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import IO, Protocol

from retinue.local.refusals import Refusal
from retinue.local.skills.bundle import Content, check_sizes, refused

PIECE_BYTES = 64 * 1024

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# The last two: a name of no length, and an offset that no file has.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
)


class Target(Protocol):
    """Where an archive is written to, from its beginning to its end."""

    def write(self, data: bytes, /) -> int:
        """Take in a piece; gives its length."""

    def flush(self) -> None:
        """Store what was taken in."""

    def close(self) -> None:
        """Nothing more will come."""


@contextmanager
def unpacked(archive: IO[bytes]) -> Iterator[dict[str, Content]]:
    """The files in a zip, to be read within the block. Nothing is unpacked that says it is, or
    turns out, too large.

    Raises:
        Refusal: it is no zip, or too much is in it; also while a file is read.
    """
    try:
        opened = zipfile.ZipFile(archive)
        entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    except _BROKEN:
        raise _no_zip() from None
    with opened:
        _check_entries(entries)
        yield {
            each.filename: Content(each.file_size, partial(_read, opened, each)) for each in entries
        }


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """What an archive says of itself, before anything in it is unpacked."""
    check_sizes([entry.file_size for entry in entries])
    if len({entry.filename for entry in entries}) < len(entries):
        raise refused("two files of the archive have the same path.")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise refused("the files of an archive have to be stored or deflated.")


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    left = entry.file_size
    try:
        with opened.open(entry) as content:
            while piece := content.read(PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise refused("the archive holds more than it says.")
                yield piece
    except _BROKEN:
        raise _no_zip() from None


def _no_zip() -> Refusal:
    return refused("this is not a zip archive that can be read.")


def pack(files: Mapping[str, Content], target: Target) -> None:
    """Write the zip of ``files``; the same files give the same bytes."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as packed:
                for piece in files[path].pieces():
                    packed.write(piece)
