"""The edge between HTTP and the families: reads a request, runs a handler, renders its answer.

Handlers are plain functions from a ``Call`` to JSON. They run on worker threads, so a slow query
holds up nobody else, and they see nothing of HTTP. Endpoints that stream are written against
Starlette by their family; they share the helpers at the end of this file.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from retinue.local import refusals
from retinue.local.platform import Platform

Json = dict[str, Any]
_DRAIN_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read completely. ``body`` is {} where the endpoint takes none."""

    platform: Platform
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    moment: float

    @property
    def now(self) -> int:
        """The present second, as OpenAI's timestamps count it."""
        return int(self.moment)


Handler = Callable[[Call], Json]
Endpoint = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler, *, beta: str | None = None) -> Endpoint:
    """The endpoint that runs ``handler``; with ``beta`` the OpenAI-Beta header must name it."""

    async def endpoint(request: Request) -> Response:
        if beta:
            require_beta(request, beta)
        raw = await _json_bytes(request) if request.method == "POST" else b""
        return await run_in_threadpool(_answer, handler, request, raw)

    return endpoint


def _answer(handler: Handler, request: Request, raw: bytes) -> Response:
    platform = platform_of(request)
    call = Call(
        platform=platform,
        path=request.path_params,
        query=request.query_params,
        body=decode(raw),
        moment=platform.clock(),
    )
    return JSONResponse(handler(call))


def platform_of(request: Request) -> Platform:
    """The platform that the application was made with."""
    platform: Platform = request.app.state.platform
    return platform


def require_beta(request: Request, wanted: str) -> None:
    """Refuse a request whose OpenAI-Beta header doesn't ask for ``wanted``, e.g. "agents=v1"."""
    given = request.headers.get("openai-beta", "")
    named = [each.strip() for each in given.split(",")]
    if wanted in named:
        return
    area = wanted.partition("=")[0] + "="
    others = [each for each in named if each.startswith(area)]
    raise refusals.beta_unserved(others[0], wanted) if others else refusals.beta_needed(wanted)


def decode(raw: bytes) -> Json:
    """The JSON object in ``raw``; nothing at all counts as an empty one."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in raw:
            # Half of a surrogate pair is JSON, but no text: it could never be stored or sent.
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise refusals.bad_json() from None
    if not isinstance(body, dict):
        raise refusals.bad_json()
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is too large")
    return number


class Body:
    """A request's body, read as it arrives; iterate it once, then ``drain`` what is left."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._complete = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._complete = not message.get("more_body", False)
            yield message.get("body", b"")

    async def drain(self) -> None:
        """Read and drop the rest: most clients read an answer only after they sent everything."""
        dropped = 0
        async for piece in self:
            dropped += len(piece)
            if dropped > _DRAIN_BYTES:
                return


async def _json_bytes(request: Request) -> bytes:
    limit = platform_of(request).limits.json_bytes
    body, raw = Body(request), bytearray()
    async for piece in body:
        raw += piece
        if len(raw) > limit:
            raw.clear()
            await body.drain()
            raise refusals.too_large(limit)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and kind and kind != "application/json" and not kind.endswith("+json"):
        raise refusals.wrong_content_type(kind, "application/json")
    return bytes(raw)
