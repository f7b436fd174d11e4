"""The frames on the pipe between the host and the sandbox: a JSON header, then a body in chunks.

A frame is a length and that many bytes of JSON, followed by chunks (a length and that many bytes)
up to one of length zero. Nothing is ever unpickled. Bounds are the reader's business.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

LENGTH = struct.Struct(">I")
CHUNK_BYTES = 64 * 1024
HEADER_BYTES = 64 * 1024


def frame(header: Mapping[str, Any], body: Iterable[bytes] = ()) -> Iterator[bytes]:
    """The bytes of one frame, in pieces that are ready to be written."""
    encoded = json.dumps(header).encode()
    yield LENGTH.pack(len(encoded)) + encoded
    for data in body:
        for start in range(0, len(data), CHUNK_BYTES):
            chunk = data[start : start + CHUNK_BYTES]
            yield LENGTH.pack(len(chunk)) + chunk
    yield LENGTH.pack(0)


def write_all(target: int, data: bytes) -> None:
    """Write ``data`` to a descriptor, however many calls it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def read_exactly(source: int, count: int) -> bytes:
    """``count`` bytes from a descriptor. Raises EOFError where it ends before."""
    found = bytearray()
    while len(found) < count:
        piece = os.read(source, count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


class Channel:
    """Both directions of the pipe, as the supervisor sees them; blocking."""

    def __init__(self, source: int, target: int) -> None:
        self.source = source
        self._target = target

    def receive(self) -> dict[str, Any]:
        """The next header; the caller reads its ``body`` before the next one."""
        (length,) = LENGTH.unpack(read_exactly(self.source, LENGTH.size))
        header: dict[str, Any] = json.loads(read_exactly(self.source, length))
        return header

    def body(self) -> Iterator[bytes]:
        """The chunks that follow a header."""
        while True:
            (length,) = LENGTH.unpack(read_exactly(self.source, LENGTH.size))
            if not length:
                return
            yield read_exactly(self.source, length)

    def send(self, header: Mapping[str, Any], body: Iterable[bytes] = ()) -> None:
        """Write one frame."""
        for piece in frame(header, body):
            write_all(self._target, piece)
