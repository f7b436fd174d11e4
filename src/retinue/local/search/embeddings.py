"""Asks a server for the vectors of texts: one POST to /embeddings, bounded in time and size.

The server is somebody else's program: whatever it sends, the outcome is vectors or one of two
errors. Its key never appears in a message.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Sequence
from typing import Any

import httpx2

from retinue.local.search.vectors import MOST_NUMBERS, Vector
from retinue.local.turns.server import ModelServer

_MOST_ANSWER = 32 * 1024 * 1024
_CONNECT_SECONDS = 5.0
_REFUSED = (400, 413, 422)
_SHOWN = 200


class EmbeddingsFailed(Exception):
    """There are no vectors now; another time there may be."""


class TextsRefused(EmbeddingsFailed):
    """The server won't have these texts, at least one of them: too long for it, for instance."""


class Embeddings:
    """The embeddings of ``server``, which must name a model for them."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._url = server.base_url.rstrip("/") + "/embeddings"
        # As for chat: certificates are loaded once, proxies are for the world outside.
        self._secure = self._url.lower().startswith("https:")
        self._verify = ssl.create_default_context() if self._secure else False

    def vectors(self, texts: Sequence[str], *, seconds: float) -> list[Vector | None]:
        """A vector for each text, None for one without a direction. Raises EmbeddingsFailed."""
        try:
            status, raw = self._ask(texts, time.monotonic() + seconds, seconds)
        except httpx2.TimeoutException:
            raise EmbeddingsFailed(f"no answer within {seconds:g} seconds") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise EmbeddingsFailed(str(error) or type(error).__name__) from None
        if status >= 400:
            shown = " ".join(raw.decode("utf-8", "replace").split())[:_SHOWN]
            kind = TextsRefused if status in _REFUSED else EmbeddingsFailed
            raise kind(f"the server answered {status}: {shown}")
        return _read(raw, len(texts))

    def _ask(self, texts: Sequence[str], deadline: float, seconds: float) -> tuple[int, bytes]:
        key = self._server.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        body = {"model": self._server.embeddings, "input": list(texts)}
        timeout = httpx2.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
        raw = bytearray()
        with (
            httpx2.Client(verify=self._verify, timeout=timeout, trust_env=self._secure) as client,
            client.stream("POST", self._url, json=body, headers=headers) as response,
        ):
            for piece in response.iter_bytes():
                raw += piece
                if len(raw) > _MOST_ANSWER:
                    raise EmbeddingsFailed("the answer is too long")
                if time.monotonic() > deadline:
                    raise EmbeddingsFailed(f"no whole answer within {seconds:g} seconds")
        return response.status_code, bytes(raw)


def _read(raw: bytes, count: int) -> list[Vector | None]:
    """The vectors of an answer, which must be in the order of ``index`` or have none."""
    try:
        data = json.loads(raw)["data"]
        if all("index" in each for each in data):
            data = sorted(data, key=lambda each: each["index"])
        rows = [each["embedding"] for each in data]
        vectors = [_vector(row) for row in rows]
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        raise EmbeddingsFailed("the answer holds no embeddings") from None
    if len(vectors) != count or len({len(row) for row in rows}) > 1:
        raise EmbeddingsFailed("the answer holds other embeddings than were asked for")
    return vectors


def _vector(row: Any) -> Vector | None:
    if not isinstance(row, list) or not 0 < len(row) <= MOST_NUMBERS:
        raise ValueError
    return Vector.of([float(each) for each in row])
