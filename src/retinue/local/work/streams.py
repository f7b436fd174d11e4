"""Server-sent events from a background task to the one client that listens.

The task goes on when the client hangs up; what it sends then is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from retinue.local.calls import Json

_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Stream:
    """A queue of events. ``send`` until ``close``; iterate once."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._first: list[str] = []
        self._open = True

    @property
    def open(self) -> bool:
        """Whether the client may still listen."""
        return self._open

    def send(self, name: str, data: Json | str) -> None:
        """Send one event; ``data`` is sent as it is where it is text."""
        if self._open:
            self._queue.put_nowait(_event(name, data))

    def send_first(self, name: str, data: Json) -> None:
        """Send one event before all that ``send`` has sent; to be used before the answer starts."""
        self._first.append(_event(name, data))

    def close(self) -> None:
        """There are no more events."""
        if self._open:
            self._open = False
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[str]:
        try:
            for event in self._first:
                yield event
            while (later := await self._queue.get()) is not None:
                yield later
        finally:
            self._open = False

    def response(self) -> StreamingResponse:
        """The HTTP answer that passes the events on."""
        return StreamingResponse(
            aiter(self), media_type="text/event-stream", headers=dict(_HEADERS)
        )


def _event(name: str, data: Json | str) -> str:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n"
