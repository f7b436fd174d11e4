"""A lean stand-in for a platform: what an apply and a plan need of the protocol, and nothing else.

Objects live in memory as the bytes that are sent, and every answer waits for a set latency, so that
what is measured is the client and not a database. It checks nothing: the embedded platform
(`retinue serve`) is what tests run against. Run as a process, it prints its base URL. Requests are
counted; ``GET /_bench/counts`` reads the counts and sets them back to nothing, and
``GET /_bench/latency/MILLISECONDS`` changes the latency.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

KEPT = 64 * 1024
"""Bytes of a body that are kept when it is too long to be JSON: the head of an upload."""

JSON_MOST = 4 * 1024 * 1024
INDEXING_SECONDS = 0.05

_PREFIXES = {"assistants": "asst_", "agents": "agt_"}
"""What an assistant is on each target that keeps objects of it, and how the IDs begin."""

_FILENAME = re.compile(rb'filename="([^"]*)"')
_PURPOSE = re.compile(rb'name="purpose"\r\n\r\n([^\r]*)\r\n')
_PLAIN_ID = re.compile(r"/[a-z]+[_-][0-9a-f]{8,}")


class Collection:
    """Objects of one list: each a text of its own, so that pages are joined and not encoded."""

    def __init__(self) -> None:
        self.encoded: dict[str, bytes] = {}
        self._order: list[str] = []
        self._position: dict[str, int] = {}

    def put(self, item: Json) -> bytes:
        name = str(item["id"])
        if name not in self._position:
            self._position[name] = len(self._order)
            self._order.append(name)
        self.encoded[name] = json.dumps(item).encode()
        return self.encoded[name]

    def remove(self, name: str) -> None:
        self.encoded.pop(name, None)

    def page(self, query: Mapping[str, str]) -> bytes:
        """Newest first, as every client here asks for it."""
        limit = int(query.get("limit", "20"))
        end = self._position[query["after"]] if "after" in query else len(self._order)
        names: list[str] = []
        while end and len(names) <= limit:
            end -= 1
            if self._order[end] in self.encoded:
                names.append(self._order[end])
        more, names = len(names) > limit, names[:limit]
        data = b",".join(self.encoded[name] for name in names)
        last = json.dumps(names[-1] if names else "").encode()
        flag = b"true" if more else b"false"
        return b'{"object":"list","data":[%s],"last_id":%s,"has_more":%s}' % (data, last, flag)


class Platform:
    """The state of the stand-in, and its answers."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.lists = {name: Collection() for name in ("files", "vector_stores", *_PREFIXES)}
        self.attached: dict[str, Collection] = {}
        self.batches: dict[str, tuple[float, int]] = {}
        self.counts: Counter[str] = Counter()
        self._numbers = count(1)

    def answer(self, method: str, target: str, body: Body) -> tuple[int, bytes]:
        """Status and body of the answer to one request."""
        path, _, query = target.partition("?")
        parts = path.removeprefix("/v1/").split("/")
        self.counts[f"{method} {_PLAIN_ID.sub('/ID', path.removeprefix('/v1'))}"] += 1
        if parts[0] == "vector_stores" and len(parts) > 2:
            return self._of_store(method, parts[1:], dict(parse_qsl(query)), body)
        found = self.lists.get(parts[0])
        if found is None:
            return 404, b'{"error":{"message":"unknown path"}}'
        if len(parts) == 1:
            if method == "GET":
                return 200, found.page(dict(parse_qsl(query)))
            return 200, self._create(parts[0], found, body)
        return _of_object(method, found, parts[1], body)

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):016x}"

    def _create(self, kind: str, into: Collection, body: Body) -> bytes:
        base = {"created_at": int(time.time())}
        if kind == "files":
            return into.put({"id": self._new_id("file-"), "object": "file", **base, **body.file()})
        if kind == "vector_stores":
            name = self._new_id("vs_")
            self.attached[name] = Collection()
            return into.put({"id": name, "object": "vector_store", **base, **body.json()})
        defaults: Json = {"temperature": 1.0, "top_p": 1.0} if kind == "assistants" else {}
        new = {"id": self._new_id(_PREFIXES[kind]), **base, "tools": [], **defaults, **body.json()}
        return into.put(new)

    def _of_store(
        self, method: str, parts: list[str], query: Mapping[str, str], body: Body
    ) -> tuple[int, bytes]:
        store, inner = parts[0], parts[1]
        files = self.attached.get(store)
        if files is None:
            return 404, b'{"error":{"message":"no such store"}}'
        if inner == "files" and method == "GET":
            return 200, files.page(query)
        if inner == "file_batches" and method == "POST":
            batch = self._new_id("vsfb_")
            items = body.json()["files"]
            for item in items:
                files.put(_attachment(item))
            self.batches[batch] = (time.monotonic() + INDEXING_SECONDS, len(items))
            return 200, self._batch(batch)
        if inner == "file_batches":
            return 200, self._batch(parts[2])
        if method == "DELETE":
            files.remove(parts[2])
        return 200, b"{}"

    def _batch(self, name: str) -> bytes:
        ready, total = self.batches[name]
        done = time.monotonic() >= ready
        counts = {"completed": total if done else 0, "failed": 0, "total": total}
        status = "completed" if done else "in_progress"
        return json.dumps({"id": name, "status": status, "file_counts": counts}).encode()


def _attachment(item: Json) -> Json:
    attributes = item.get("attributes") or {}
    return {"id": item["file_id"], "status": "completed", "attributes": attributes}


def _of_object(method: str, found: Collection, name: str, body: Body) -> tuple[int, bytes]:
    if name not in found.encoded:
        return 404, b'{"error":{"message":"no such object"}}'
    if method == "DELETE":
        found.remove(name)
        return 200, b'{"deleted":true}'
    if method == "POST":
        return 200, found.put({**json.loads(found.encoded[name]), **body.json()})
    return 200, found.encoded[name]


class Body:
    """The body of one request: whole while it may be JSON, only its head when it is long."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.missing = length
        self._data = bytearray()
        self._keep = length if length <= JSON_MOST else KEPT

    def feed(self, data: bytes) -> None:
        self.missing -= len(data)
        room = self._keep - len(self._data)
        if room > 0:
            self._data += data[:room]

    def json(self) -> Json:
        decoded: Json = json.loads(self._data)
        return decoded

    def file(self) -> Json:
        """Name, purpose and size of an upload whose file is the last part of the form."""
        head = bytes(self._data[:KEPT])
        name, purpose = _FILENAME.search(head), _PURPOSE.search(head)
        assert name is not None
        boundary = head.partition(b"\r\n")[0]
        begin = head.index(b"\r\n\r\n", name.end()) + 4
        size = self.length - begin - len(boundary) - len(b"\r\n--\r\n")
        said = purpose[1].decode() if purpose else "assistants"
        return {"filename": name[1].decode(), "purpose": said, "bytes": size}


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive: one request at a time, bodies by Content-Length only."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._buffer = b""
        self._request: tuple[str, str, Body] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._request is None:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data = self._buffer[:end], self._buffer[end + 4 :]
            self._buffer = b""
            method, target, _ = head.split(b" ", 2)
            self._request = (method.decode(), target.decode(), Body(_length(head)))
        method_, target_, body = self._request
        body.feed(data)
        if body.missing <= 0:
            self._request = None
            self._answer(method_, target_, body)

    def _answer(self, method: str, target: str, body: Body) -> None:
        if target.startswith("/_bench/"):
            self._send(200, self._control(target.removeprefix("/_bench/")))
            return
        status, text = self._platform.answer(method, target, body)
        if self._platform.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._platform.latency, self._send, status, text)
        else:
            self._send(status, text)

    def _control(self, command: str) -> bytes:
        name, _, value = command.partition("/")
        if name == "latency":
            self._platform.latency = float(value) / 1000
        counts = json.dumps(self._platform.counts).encode()
        self._platform.counts.clear()
        return counts

    def _send(self, status: int, text: bytes) -> None:
        head = b"HTTP/1.1 %d -\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._transport.write(head % (status, len(text)) + text)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(latency: float, announce: Callable[[str], None]) -> None:
    """Serve on a free port of the loopback address until cancelled."""
    platform = Platform(latency)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(platform), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    announce(f"http://{host}:{port}/v1")
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(serve(options.latency_ms / 1000, lambda url: print(url, flush=True)))


if __name__ == "__main__":
    main()
