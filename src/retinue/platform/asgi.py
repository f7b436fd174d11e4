"""An ASGI application as the transport of an HTTP client: in this process, answers as they come.

The HTTP library's own transport waits for the whole answer, which a streamed run must not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx2

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class StreamingTransport(httpx2.AsyncBaseTransport):
    """Sends requests to ``app``; hanging up on an answer is a disconnect, as over a socket."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = _Exchange(request)
        task = asyncio.create_task(exchange.run(self._app), name="embedded request")
        try:
            status, headers = await exchange.start(task)
        except asyncio.CancelledError:
            await _ended(task)
            raise
        return httpx2.Response(status, headers=headers, stream=_Body(exchange, task))


class _Exchange:
    """One request and its answer, between the client's task and the application's."""

    def __init__(self, request: httpx2.Request) -> None:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        self._request = request
        self._sent = aiter(request.stream)
        self._all_sent = False
        self._over = asyncio.Event()
        self._head: asyncio.Future[tuple[int, list[tuple[bytes, bytes]]]] = (
            asyncio.get_running_loop().create_future()
        )
        self.body: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def run(self, app: Application) -> None:
        try:
            await app(self._scope(), self._receive, self._send)
        finally:
            self.hang_up()
            self.body.put_nowait(None)

    async def start(self, task: asyncio.Task[None]) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Wait for status and headers; an application that fails before them fails the request."""
        both: set[asyncio.Future[Any]] = {task, self._head}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not self._head.done():
            task.result()
            raise httpx2.RemoteProtocolError("the application ended without an answer")
        return self._head.result()

    def hang_up(self) -> None:
        self._over.set()

    def _scope(self) -> Message:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "headers": [(key.lower(), value) for key, value in self._request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 123),
            "root_path": "",
        }

    async def _receive(self) -> Message:
        if self._all_sent:
            await self._over.wait()
            return {"type": "http.disconnect"}
        try:
            return {"type": "http.request", "body": await anext(self._sent), "more_body": True}
        except StopAsyncIteration:
            self._all_sent = True
            return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._head.done():
            self._head.set_result((message["status"], list(message.get("headers", ()))))
        elif message["type"] == "http.response.body" and message.get("body"):
            self.body.put_nowait(message["body"])


class _Body(httpx2.AsyncByteStream):
    """The answer's body, piece by piece."""

    def __init__(self, exchange: _Exchange, task: asyncio.Task[None]) -> None:
        self._exchange = exchange
        self._task = task

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._exchange.body.get()) is not None:
            yield piece
        await self._task  # what broke the answer off is the client's to know

    async def aclose(self) -> None:
        self._exchange.hang_up()
        if not self._task.done():
            await asyncio.wait({self._task}, timeout=1.0)
        await _ended(self._task)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
