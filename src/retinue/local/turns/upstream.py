"""A chat-completions server as the model: one streamed request per answer.

The server is somebody else's program: whatever it sends, the turn ends in words, not in a crash.
Its key never appears in a message.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import AsyncIterator

import httpx2

from retinue.local.turns import chat
from retinue.local.turns.echo import EchoModel
from retinue.local.turns.items import Json
from retinue.local.turns.ports import Ask, Chunk, EndChunk, TurnFailed
from retinue.local.turns.server import ModelServer

ECHO = "echo"
_MOST_ANSWER = 16 * 1024 * 1024
_CONNECT_SECONDS = 10.0
_SHOWN = 500

_UNREACHED = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.InvalidURL,
    httpx2.UnsupportedProtocol,
)


class UpstreamModel:
    """Asks ``server``; the model "echo" is answered by the built-in one."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._url = server.base_url.rstrip("/") + "/chat/completions"
        # Loading the certificates costs tens of milliseconds: once, and only where needed.
        self._secure = self._url.lower().startswith("https:")
        self._verify = ssl.create_default_context() if self._secure else False

    async def reply(self, ask: Ask) -> AsyncIterator[Chunk]:
        if ask.model == ECHO:
            async for chunk in EchoModel().reply(ask):
                yield chunk
            return
        end = EndChunk("stop")
        try:
            async for chunk in self._chunks(chat.request(ask, self._server.name_of(ask.model))):
                if isinstance(chunk, EndChunk):
                    end = EndChunk(chunk.reason or end.reason, chunk.usage or end.usage)
                else:
                    yield chunk
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise TurnFailed(self._broken(error)) from None
        yield end

    def _broken(self, error: Exception) -> str:
        """What happened to a request that got no whole answer, where, and what to do."""
        place = f"The model server at {_without_password(self._server.base_url)}"
        reason = str(error) or type(error).__name__
        if isinstance(error, _UNREACHED):
            return f"{place} can't be reached: {reason}. Start it, or correct its base URL."
        if isinstance(error, httpx2.TimeoutException):
            return f"{place} sent nothing for {self._server.timeout:g} seconds. Is it overloaded?"
        return f"{place} broke its answer off: {reason}. Its log may say why; then ask again."

    def _client(self) -> httpx2.AsyncClient:
        # A proxy of the environment is for the world outside, not for a server next door.
        timeout = httpx2.Timeout(self._server.timeout, connect=_CONNECT_SECONDS)
        return httpx2.AsyncClient(verify=self._verify, timeout=timeout, trust_env=self._secure)

    async def _chunks(self, body: Json) -> AsyncIterator[Chunk]:
        key = self._server.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            self._client() as client,
            client.stream("POST", self._url, json=body, headers=headers) as response,
        ):
            if response.status_code >= 400:
                raise _refused(response.status_code, await _text(response))
            if "event-stream" in response.headers.get("content-type", ""):
                async for data in _events(response):
                    for chunk in _chunks_of(data, "delta"):
                        yield chunk
            else:
                for chunk in _chunks_of(await _text(response), "message"):
                    yield chunk


def _without_password(url: str) -> str:
    return re.sub(r"(?<=//)[^/@]*@", "", url)


async def _events(response: httpx2.Response) -> AsyncIterator[str]:
    received = 0
    async for line in response.aiter_lines():
        received += len(line)
        if received > _MOST_ANSWER:
            raise TurnFailed("The model server's answer is too long.")
        field_name, _, value = line.partition(":")
        if field_name == "data" and value.strip() not in ("", "[DONE]"):
            yield value


async def _text(response: httpx2.Response) -> str:
    raw = bytearray()
    async for piece in response.aiter_bytes():
        raw += piece
        if len(raw) > _MOST_ANSWER:
            raise TurnFailed("The model server's answer is too long.")
    return raw.decode("utf-8", "replace")


def _chunks_of(text: str, key: str) -> list[Chunk]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise TurnFailed("The model server's answer is not JSON.") from None
    if not isinstance(data, dict):
        raise TurnFailed("The model server's answer is not a JSON object.")
    if data.get("error"):
        raise _refused(500, text)
    return list(chat.chunks(data, key))


def _refused(status: int, text: str) -> TurnFailed:
    """OpenAI's codes for a failed run: the rate limit is told apart from all the rest."""
    code = "rate_limit_exceeded" if status == 429 else "server_error"
    return TurnFailed(f"The model server answered {status}: {_reason(text)}", code=code)


def _reason(text: str) -> str:
    try:
        error = json.loads(text).get("error")
        message = error.get("message") if isinstance(error, dict) else error
    except (ValueError, AttributeError, RecursionError):
        message = None
    shown = message if isinstance(message, str) and message else text
    return " ".join(shown.split())[:_SHOWN] or "without a reason."
