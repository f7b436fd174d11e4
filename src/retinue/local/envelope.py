"""The outermost layer: keys, response headers, and errors turned into OpenAI's error bodies.

Written as plain ASGI middleware, because it must not buffer streamed answers. It decides nothing
about what a request means.
"""

from __future__ import annotations

import hmac
import logging
import sqlite3
import time
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retinue.local import refusals
from retinue.local.refusals import Refusal

_log = logging.getLogger("retinue.local")
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Envelope:
    """Wraps ``app``. With ``key`` None any bearer token opens the door, but there must be one."""

    def __init__(self, app: ASGIApp, *, key: str | None) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = _Sender(send)
        try:
            self._check_key(Headers(scope=scope))
            await self._app(scope, receive, sender)
        except ClientDisconnect:
            return
        except Exception as error:
            if sender.started:
                raise
            await render(_as_refusal(error, sender.request_id))(scope, receive, sender)

    def _check_key(self, headers: Headers) -> None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise refusals.no_key()
        if self._key is None:
            return
        # Header text is bytes read as Latin-1; turned back, they are the key's UTF-8.
        if not hmac.compare_digest(token.encode("latin-1"), self._key.encode()):
            raise refusals.wrong_key(token)


class _Sender:
    """Sends an answer with the headers that OpenAI puts on every one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._since = time.perf_counter()
        self.request_id = f"req_{token_hex(16)}"
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            headers["openai-processing-ms"] = str(int(1000 * (time.perf_counter() - self._since)))
            headers["openai-version"] = "2020-10-01"
        await self._send(message)


def render(refusal: Refusal) -> Response:
    """The error answer that ``refusal`` stands for."""
    return JSONResponse(refusal.body(), status_code=refusal.status, headers=refusal.headers)


async def answer_unrouted(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405 in OpenAI's words; registered as an exception handler."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 405:
        return render(refusals.method_not_allowed(request.method, path))
    return render(refusals.unknown_url(request.method, path))


def _as_refusal(error: Exception, request_id: str) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _LOCKED:
        return refusals.busy()
    _log.error("request %s failed", request_id, exc_info=error)
    return refusals.broken()
