"""Reads a multipart form as it arrives, without ever holding a file.

Knows the format only: which fields an endpoint wants, and where file bytes go, is the caller's.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from retinue.local import refusals
from retinue.local.refusals import Refusal

_MOST_PARTS = 64
_MOST_HEADER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One field of the form; ``filename`` is None for a plain value."""

    name: str
    filename: str | None


Piece = tuple[Part, bytes]


async def pieces(
    content_type: str | None, body: AsyncIterable[bytes], *, most: int = _MOST_PARTS
) -> AsyncIterator[Piece]:
    """Every part of the form in order, its bytes in pieces; each part starts with an empty one.
    A form has at most ``most`` parts."""
    reader = _Reader(_boundary(content_type), most)
    async for data in body:
        for piece in reader.feed(data):
            yield piece
    reader.finish()


def _boundary(content_type: str | None) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise refusals.wrong_content_type(kind.decode("latin-1"), "multipart/form-data")
    boundary = options.get(b"boundary")
    if not boundary:
        raise _malformed()
    return boundary


def _malformed() -> Refusal:
    return Refusal("We could not parse the multipart form of your request.")


class _Reader:
    """Turns the parser's callbacks into pieces."""

    def __init__(self, boundary: bytes, most: int) -> None:
        self._most = most
        self._ready: list[Piece] = []
        self._part: Part | None = None
        self._parts = 0
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = ""
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._start_part,
                "on_part_data": self._on_data,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that ``data`` completes."""
        try:
            self._parser.write(data)
        except FormParserError:
            raise _malformed() from None
        ready, self._ready = self._ready, []
        return ready

    def finish(self) -> None:
        """Refuse a form that breaks off."""
        if not self._complete:
            raise _malformed()

    def _begin(self) -> None:
        self._parts += 1
        self._part, self._disposition = None, ""
        if self._parts > self._most:
            raise Refusal(f"The multipart form of your request has more than {self._most} parts.")

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check_header_size()

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header_size()

    def _check_header_size(self) -> None:
        if len(self._header) + len(self._value) > _MOST_HEADER_BYTES:
            raise _malformed()

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _start_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise _malformed()
        filename = options.get(b"filename")
        self._part = Part(
            name=_text(options[b"name"]), filename=None if filename is None else _text(filename)
        )
        self._ready.append((self._part, b""))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._part is not None:
            self._ready.append((self._part, data[start:end]))

    def _end(self) -> None:
        self._complete = True


def _text(raw: bytes) -> str:
    """Names are UTF-8 in practice; anything else is read byte by byte rather than refused."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
