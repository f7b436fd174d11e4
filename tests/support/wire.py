"""The little HTTP/1.1 that the fault proxy speaks: whole messages, bounded, nothing clever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 64 * 1024 * 1024
"""Bytes of one body; more is an error in the test."""

HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


@dataclass(slots=True)
class Message:
    """One request or answer: its first line, its headers and its whole body."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def encode(self, *, close: bool) -> bytes:
        kept = [(key, value) for key, value in self.headers if key.lower() not in HOP]
        kept.append(("Content-Length", str(len(self.body))))
        kept.append(("Connection", "close" if close else "keep-alive"))
        lines = [self.start, *(f"{key}: {value}" for key, value in kept)]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Message:
    """An answer with a JSON body."""
    fields = [("Content-Type", "application/json"), *(headers or {}).items()]
    return Message(f"HTTP/1.1 {status} Scripted", fields, json.dumps(body).encode())


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Read one message; None when the other side has hung up."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    start, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = [line.partition(":") for line in lines]
    message = Message(start, [(key, value.strip()) for key, _, value in pairs])
    message.body = await _body(reader, message)
    return message


async def _body(reader: asyncio.StreamReader, message: Message) -> bytes:
    if (message.header("transfer-encoding") or "").lower() == "chunked":
        return await _chunks(reader)
    length = int(message.header("content-length") or 0)
    assert length <= MOST, f"{message.start}: a body of {length} bytes"
    return await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        body += await reader.readexactly(size)
        await reader.readexactly(2)
        assert len(body) <= MOST, "a body without end"
        if size == 0:
            return body
