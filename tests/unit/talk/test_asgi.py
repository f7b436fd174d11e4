"""The embedded platform in this process: answers come as they are made, and hanging up is heard."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from retinue.platform.asgi import StreamingTransport

HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]}


def body(text: str, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": more}


def client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=StreamingTransport(app), base_url="http://in.process")


def test_pieces_arrive_before_the_end() -> None:
    go_on = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send(HEAD)
        await send(body("first"))
        await go_on.wait()
        await send(body("second", more=False))

    async def work() -> list[bytes]:
        seen = []
        async with client(app) as http, http.stream("GET", "/") as answer:
            async for piece in answer.aiter_raw():
                seen.append(piece)
                go_on.set()
        return seen

    assert asyncio.run(work()) == [b"first", b"second"]


def test_the_request_is_read_whole() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent = b""
        while (message := await receive())["more_body"]:
            sent += message["body"]
        await send(HEAD)
        await send(body(f"{scope['method']} {scope['path']} {sent.decode()}", more=False))

    async def work() -> str:
        async with client(app) as http:
            answer = await http.post("/a?b=c", content=b"text")
            assert answer.headers["x-a"] == "1"
            return answer.text

    assert asyncio.run(work()) == "POST /a text"


def test_hanging_up_is_a_disconnect() -> None:
    heard = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope
        while (await receive())["more_body"]:
            pass
        await send(HEAD)
        await send(body("first"))
        heard.append(await receive())

    async def work() -> None:
        async with client(app) as http, http.stream("GET", "/") as answer:
            async for _ in answer.aiter_raw():
                break

    asyncio.run(work())
    assert heard == [{"type": "http.disconnect"}]


def test_an_application_that_fails_fails_the_request() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive, send
        raise RuntimeError("broken")

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive, send

    async def work(broken: Any) -> None:
        async with client(broken) as http:
            await http.get("/")

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(work(app))
    with pytest.raises(httpx2.RemoteProtocolError):
        asyncio.run(work(silent))
