"""The edge between HTTP and the families: reads a request, runs a handler, renders its answer.

Handlers are plain functions from a ``Call`` to JSON. They run on worker threads, so a slow query
holds up nobody else, and they see nothing of HTTP. Endpoints that stream are written against
Starlette by their family; they share the helpers at the end of this file.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from retinue.local import refusals
from retinue.local.platform import Platform

Json = dict[str, Any]
ASSISTANTS = ("assistants=v2", "assistants=v1")
"""The versions of the Assistants API that are served, the preferred one first."""

AGENTS = ("agents=v1",)
"""The version of the Agents API that is served."""

_DRAIN_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read completely. ``body`` is {} where the endpoint takes none; ``beta`` is
    the version that the OpenAI-Beta header asked for, where the endpoint needs one."""

    platform: Platform
    path: Mapping[str, str]
    query: QueryParams
    body: Json
    moment: float
    beta: str = ""

    @property
    def now(self) -> int:
        """The present second, as OpenAI's timestamps count it."""
        return int(self.moment)

    @property
    def first_api(self) -> bool:
        """The client speaks the first version of the Assistants API."""
        return self.beta == ASSISTANTS[1]

    def included(self) -> frozenset[str]:
        """What the query's ``include`` or ``include[]`` lists."""
        pairs = self.query.multi_items()
        return frozenset(value for key, value in pairs if key in ("include", "include[]"))


Handler = Callable[[Call], Json]
Endpoint = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler, *, beta: Sequence[str] = ()) -> Endpoint:
    """The endpoint that runs ``handler``; the OpenAI-Beta header must name one of ``beta``."""

    async def endpoint(request: Request) -> Response:
        raw, version = await read(request, beta)
        return await run_in_threadpool(_answer, handler, request, raw, version)

    return endpoint


async def read(request: Request, beta: Sequence[str] = ()) -> tuple[bytes, str]:
    """The body of a JSON request, not decoded yet, and the beta version that it asks for."""
    version = require_beta(request, beta) if beta else ""
    raw = await _json_bytes(request) if request.method == "POST" else b""
    return raw, version


def call_of(request: Request, raw: bytes, version: str) -> Call:
    """What was ``read``, decoded. Raises Refusal where it is no JSON object."""
    platform = platform_of(request)
    return Call(
        platform=platform,
        path=request.path_params,
        query=request.query_params,
        body=decode(raw),
        moment=platform.clock(),
        beta=version,
    )


def _answer(handler: Handler, request: Request, raw: bytes, version: str) -> Response:
    return JSONResponse(handler(call_of(request, raw, version)))


def platform_of(request: Request) -> Platform:
    """The platform that the application was made with."""
    platform: Platform = request.app.state.platform
    return platform


def require_beta(request: Request, wanted: Sequence[str]) -> str:
    """The one of ``wanted``, e.g. ("agents=v1",), that the OpenAI-Beta header asks for.

    Where it asks for several the first of ``wanted`` wins; where for none the request is refused.
    """
    given = request.headers.get("openai-beta", "")
    named = [each.strip() for each in given.split(",")]
    for version in wanted:
        if version in named:
            return version
    area = wanted[0].partition("=")[0] + "="
    others = [each for each in named if each.startswith(area)]
    if others:
        raise refusals.beta_unserved(others[0], wanted[0])
    raise refusals.beta_needed(wanted[0])


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
