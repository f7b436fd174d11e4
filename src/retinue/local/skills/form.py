"""Reads the form that a skill or a version is uploaded with: a folder's files, or one zip.

Nothing of it is held in memory: what arrives goes into one blob, file after file, and the zip that
is served into another one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from retinue.local import blobs, calls, multipart, refusals
from retinue.local.blobs import BlobWriter
from retinue.local.platform import Platform
from retinue.local.refusals import Refusal
from retinue.local.skills.archives import PIECE_BYTES, pack, unpacked
from retinue.local.skills.bundle import MOST_BYTES, MOST_FILES, Content, Words, refused, words_of

_FILES = ("files", "files[]")
_SLACK = 1024 * 1024
_ZIP = b"PK"
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Upload:
    """A skill that was sent: its words, the zip that is served, and what the form says beside."""

    words: Words
    archive: BlobWriter
    flag: bool


@dataclass(slots=True)
class _Place:
    """Where a file lies among the bytes that arrived."""

    start: int
    size: int = 0


@dataclass(slots=True)
class _Form:
    """The form so far: its files in ``arrived``, and what it says of ``flag``, if it may."""

    arrived: BlobWriter
    flag: str | None
    said: bytearray = field(default_factory=lambda: bytearray(b"false"))
    places: dict[str, _Place] = field(default_factory=dict)
    size: int = 0
    _part: multipart.Part | None = None

    def add(self, part: multipart.Part, data: bytes) -> bool:
        """Take in a piece; true asks for ``arrived`` to be flushed."""
        self.size += len(data)
        if self.size > MOST_BYTES + _SLACK:
            raise refusals.too_large(MOST_BYTES)
        if part is not self._part:
            self._begin(part)
        if part.filename is None:
            self.said += data
            return False
        self.places[part.filename].size += len(data)
        return self.arrived.full_after(data)

    def _begin(self, part: multipart.Part) -> None:
        self._part = part
        if part.filename is None and part.name == self.flag:
            self.said.clear()
        elif part.filename is None or part.name not in _FILES:
            raise refusals.unknown(part.name)
        elif part.filename in self.places:
            raise refused(f"two files have the path {part.filename!r}.")
        else:
            self.places[part.filename] = _Place(self.arrived.size)

    def truth(self) -> bool:
        """What the form says of the flag."""
        written = self.said.decode("utf-8", "replace")
        if written not in _TRUTHS:
            raise refusals.wrong_type(str(self.flag), "a boolean", written)
        return _TRUTHS[written]

    def pack_into(self, archive: BlobWriter) -> Words:
        """Check the skill and write its zip.

        Raises:
            Refusal: it is none.
        """
        if not self.places:
            raise refusals.missing("files")
        with self.arrived.reader() as file:
            if self._is_zip(file):
                file.seek(0)
                with unpacked(file) as files:
                    return _packed(files, archive)
            contents = {
                path: Content(place.size, partial(_slice, file, place))
                for path, place in self.places.items()
            }
            return _packed(contents, archive)

    def _is_zip(self, file: IO[bytes]) -> bool:
        name = next(iter(self.places))
        # Bytes that the SDK is given without a name are sent with a made-up one.
        return len(self.places) == 1 and (
            name.lower().endswith(".zip") or file.read(len(_ZIP)) == _ZIP
        )


def _packed(files: Mapping[str, Content], archive: BlobWriter) -> Words:
    words = words_of(files)
    pack(files, archive)
    archive.flush()
    return words


def _slice(file: IO[bytes], place: _Place) -> Iterator[bytes]:
    file.seek(place.start)
    left = place.size
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        left -= len(piece)
        yield piece


@asynccontextmanager
async def uploaded(request: Request, *, flag: str | None = None) -> AsyncIterator[Upload]:
    """The skill of a request, and what the request says of ``flag``. An archive that nobody keeps
    within the block is gone afterwards.

    Raises:
        Refusal: the form, or the skill in it, is not what it has to be.
    """
    platform = calls.platform_of(request)
    now = int(platform.clock())
    form = _Form(BlobWriter(platform.database, now=now), flag)
    archive = BlobWriter(platform.database, now=now)
    try:
        yield await _read(request, form, archive)
    finally:
        await run_in_threadpool(_tidy, platform, form.arrived, archive)


async def _read(request: Request, form: _Form, archive: BlobWriter) -> Upload:
    body = calls.Body(request)
    try:
        kind = request.headers.get("content-type")
        async for part, data in multipart.pieces(kind, body, most=MOST_FILES + 8):
            if form.add(part, data):
                await run_in_threadpool(form.arrived.flush)
        said = form.truth()
        return Upload(await run_in_threadpool(form.pack_into, archive), archive, said)
    except Refusal:
        await body.drain()
        raise


def _tidy(platform: Platform, *writers: BlobWriter) -> None:
    for each in writers:
        each.abandon()
    blobs.collect(platform.database, now=int(platform.clock()))
