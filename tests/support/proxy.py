"""A loopback proxy that does to requests what networks and busy platforms do.

It stands between Retinue and a real server. Rules say what happens to which requests; whatever no
rule takes is passed on. Every request is recorded. Runs in a thread of the test process, so that
rules may be plain functions and the record can be read at any time.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.wire import Message, answer, read_message

UPSTREAM_TIMEOUT = 30.0
"""Seconds for which the server behind may take; nothing here waits for ever."""

LISTS = re.compile(
    r"^/(files|vector_stores|assistants|skills|vaults|vaults/[^/]+/credentials"
    r"|agents|agents/automations|agents/environments/templates)$"
)


class Cut(Exception):
    """The connection is to be cut instead of answering."""


@dataclass(slots=True)
class Request:
    """A request as recorded. ``status``: what the client got, None while open or when cut off."""

    number: int
    method: str
    path: str
    query: str
    message: Message
    status: int | None = None

    @property
    def json(self) -> Any:
        return self.message.json

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


@dataclass(slots=True)
class Rule:
    """What is done to the requests that it takes. The default is: pass on unharmed.

    skip: how many fitting requests it lets go by first; times: how many it takes then.
    """

    method: str
    path: re.Pattern[str]
    skip: int = 0
    times: int | None = 1
    where: Callable[[Request], bool] | None = None
    before: Callable[[Request], Message | None] | None = None
    after: Callable[[Request, Message], Message] | None = None
    delay: float = 0.0
    taken: int = field(default=0, init=False)

    def takes(self, request: Request) -> bool:
        """Whether it is this rule's turn; counts."""
        fits = (
            self.method in ("*", request.method)
            and self.path.fullmatch(request.path) is not None
            and (self.where is None or self.where(request))
            and (self.times is None or self.taken < self.skip + self.times)
        )
        self.taken += fits
        return fits and self.taken > self.skip


class Proxy:
    """See the module. ``target`` is the base URL of the server behind, and may be changed."""

    def __init__(self, target: str = "http://127.0.0.1:9/v1") -> None:
        self.target = target
        self.requests: list[Request] = []
        self._rules: list[Rule] = []
        self._born: dict[str, float] = {}
        self._hide_younger = 0.0
        self._hide_newest = 0
        self._open = 0
        self._gate = threading.Event()
        self._gate.set()
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0

    # --- Life ------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        """Listen on a free port until the block ends."""
        ready = threading.Event()
        stop = asyncio.Event()
        thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(ready, stop),), daemon=True
        )
        thread.start()
        assert ready.wait(10), "the proxy did not start"
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            self._loop.close()

    async def _serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # The transports close in the next turns of the loop.
        await asyncio.sleep(0.01)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def reset(self, target: str) -> None:
        """Forget rules and record, and stand in front of another server."""
        with self._lock:
            self.target = target
            self.requests = []
            self._rules = []
            self._born = {}
            self._hide_younger, self._hide_newest = 0.0, 0

    def heal(self) -> None:
        """Drop the rules and every lag; the record stays."""
        with self._lock:
            self._rules = []
            self._hide_younger, self._hide_newest = 0.0, 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let no request through while the block lasts."""
        self._gate.clear()
        try:
            yield
        finally:
            self._gate.set()

    def quiet(self, seconds: float = 10.0) -> None:
        """Wait until no request is under way, so that the server has done what it was told."""
        until = time.monotonic() + seconds
        while self._open:
            assert time.monotonic() < until, "a request never ended"
            time.sleep(0.002)

    # --- Rules -----------------------------------------------------------------------------

    def on(
        self,
        method: str,
        path: str,
        *,
        skip: int = 0,
        times: int | None = 1,
        where: Callable[[Request], bool] | None = None,
    ) -> On:
        """Start a rule for requests with ``method`` ("*": any) and ``path``.

        In ``path`` a ``*`` stands for one part, ``**`` for anything.
        """
        pattern = re.escape(path).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
        return On(self, Rule(method, re.compile(pattern), skip, times, where))

    def add(self, rule: Rule) -> Rule:
        with self._lock:
            self._rules.append(rule)
        return rule

    def lag(self, *, younger_than: float = 0.0, newest: int = 0) -> None:
        """Leave objects out of lists: those made less than so many seconds ago through this
        proxy, and the ``newest`` ones of every list."""
        self._hide_younger, self._hide_newest = younger_than, newest

    # --- Record ----------------------------------------------------------------------------

    def seen(self, method: str = "*", path: str = "**") -> list[Request]:
        """Requests so far that fit."""
        rule = self.on(method, path, times=None).rule
        return [request for request in self.requests if rule.takes(request)]

    # --- Work ------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (message := await read_message(reader)) is not None:
            request = self._recorded(message)
            try:
                reply = await self._treat(request)
            except Cut:
                return
            finally:
                with self._lock:
                    self._open -= 1
            request.status = int(reply.start.split()[1])
            writer.write(reply.encode(close=False))
            await writer.drain()

    def _recorded(self, message: Message) -> Request:
        method, target, _ = message.start.split(" ", 2)
        parts = urlsplit(target)
        with self._lock:
            self._open += 1
            number = len(self.requests) + 1
            path = parts.path.removeprefix("/v1")
            request = Request(number, method, path, parts.query, message)
            self.requests.append(request)
        return request

    async def _treat(self, request: Request) -> Message:
        if not self._gate.is_set():
            await asyncio.to_thread(self._gate.wait, UPSTREAM_TIMEOUT)
        with self._lock:
            rules = [rule for rule in self._rules if rule.takes(request)]
        for rule in rules:
            await asyncio.sleep(rule.delay)
            if rule.before is not None:
                scripted = await asyncio.to_thread(rule.before, request)
                if scripted is not None:
                    return scripted
        reply = await asyncio.wait_for(self._forward(request), UPSTREAM_TIMEOUT)
        self._note_birth(request, reply)
        self._thin_out(request, reply)
        for rule in rules:
            if rule.after is not None:
                reply = await asyncio.to_thread(rule.after, request, reply)
        return reply

    async def _forward(self, request: Request) -> Message:
        host, port = urlsplit(self.target).netloc.split(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except ConnectionError:
            raise Cut from None
        try:
            writer.write(request.message.encode(close=True))
            await writer.drain()
            reply = await read_message(reader)
        finally:
            writer.close()
        assert reply is not None, f"the server behind hung up on {request}"
        return reply

    def _note_birth(self, request: Request, reply: Message) -> None:
        if request.method == "POST" and LISTS.match(request.path):
            made = (reply.json or {}).get("id")
            if isinstance(made, str):
                self._born[made] = time.monotonic()

    def _thin_out(self, request: Request, reply: Message) -> None:
        lagging = self._hide_younger or self._hide_newest
        if request.method != "GET" or not lagging or not LISTS.match(request.path):
            return
        page = reply.json
        now = time.monotonic()
        page["data"] = [
            item
            for item in page["data"][self._hide_newest :]
            if now - self._born.get(item["id"], 0.0) >= self._hide_younger
        ]
        reply.body = answer(200, page).body


@dataclass(frozen=True, slots=True)
class On:
    """A rule that still needs its verb. Each verb adds the rule and returns it."""

    proxy: Proxy
    rule: Rule

    def answer(
        self, status: int, *, headers: Mapping[str, str] | None = None, message: str = "scripted"
    ) -> Rule:
        """Answer instead of the server, which never hears of it."""
        error = {"message": message, "type": "scripted", "param": None, "code": None}
        self.rule.before = lambda _: answer(status, {"error": error}, headers)
        return self.proxy.add(self.rule)

    def cut_before(self) -> Rule:
        """Hang up; the server never hears of it."""

        def cut(request: Request) -> Message | None:
            raise Cut(str(request))

        self.rule.before = cut
        return self.proxy.add(self.rule)

    def cut_after(self) -> Rule:
        """Let the server act, then hang up: the answer is lost."""

        def cut(request: Request, reply: Message) -> Message:
            raise Cut(f"{request} {reply.start}")

        self.rule.after = cut
        return self.proxy.add(self.rule)

    def delay(self, seconds: float) -> Rule:
        """Pass on, but only after a while."""
        self.rule.delay = seconds
        return self.proxy.add(self.rule)

    def first(self, do: Callable[[Request], object]) -> Rule:
        """Do something, then pass the request on."""

        def before(request: Request) -> Message | None:
            do(request)
            return None

        self.rule.before = before
        return self.proxy.add(self.rule)

    def then(self, do: Callable[[Request], object]) -> Rule:
        """Let the server act, do something, then pass the answer on."""

        def after(request: Request, reply: Message) -> Message:
            do(request)
            return reply

        self.rule.after = after
        return self.proxy.add(self.rule)
