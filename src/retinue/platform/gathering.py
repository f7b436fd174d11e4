"""Requests with their small parts sent together.

The HTTP library gives a multipart body piece by piece, and each piece would be a system call and
most often a packet of its own: eight for a small file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

_ENOUGH = 1 << 16
"""Bytes that are sent without waiting for more."""


class GatheringTransport(httpx2.AsyncHTTPTransport):
    """Sends as the library does, in fewer pieces."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        request.stream = Gathered(request.stream)
        return await super().handle_async_request(request)


class Gathered(httpx2.AsyncByteStream):
    """The bytes of ``stream`` in pieces of ``enough`` bytes or more, but for the last one."""

    def __init__(self, stream: httpx2.AsyncByteStream, enough: int = _ENOUGH) -> None:
        self._stream = stream
        self._enough = enough

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held: list[bytes] = []
        size = 0
        async for piece in self._stream:
            held.append(piece)
            size += len(piece)
            if size >= self._enough:
                yield b"".join(held)
                held, size = [], 0
        if held:
            yield b"".join(held)

    async def aclose(self) -> None:
        await self._stream.aclose()
