"""An embeddings server whose vectors a test decides: OpenAI's wire, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.loopback import LoopbackHandler, LoopbackServer

MEANINGS = {
    "car": [1.0, 0.0, 0.0],
    "automobile": [0.96, 0.28, 0.0],
    "banana": [0.0, 0.0, 2.0],
}


def meaning(text: str) -> list[float]:
    """The vector of the first known word; nothing in common with any where there is none."""
    for word, vector in MEANINGS.items():
        if word in text.lower():
            return vector
    return [0.0, -1.0, 0.0]


class EmbeddingsServer(LoopbackServer):
    """Answers with ``embed`` of each text, once the gate is open. ``status`` and ``raw`` replace
    the answer; ``refuses`` and ``fails`` are words in texts that it won't have or fails at."""

    def __init__(self, embed: Callable[[str], Sequence[float]] = meaning) -> None:
        super().__init__(_Handler)
        self.embed = embed
        self.status = 200
        self.raw: str | None = None
        self.refuses: str | None = None
        self.fails: str | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def reply(self, texts: Sequence[str]) -> tuple[int, bytes]:
        self.gate.wait(60)
        if self.fails and any(self.fails in text for text in texts):
            return 503, b""
        if self.refuses and any(self.refuses in text for text in texts):
            return 400, b'{"error": {"message": "too long"}}'
        rows = [
            {"object": "embedding", "index": place, "embedding": list(self.embed(text))}
            for place, text in enumerate(texts)
        ]
        # The order is that of "index", whatever comes first.
        text = json.dumps({"object": "list", "data": rows[::-1]})
        return self.status, (text if self.raw is None else self.raw).encode()

    @property
    def texts(self) -> list[str]:
        """All texts that it was asked for."""
        return [text for body in self.requests for text in body["input"]]


class _Handler(LoopbackHandler):
    server: EmbeddingsServer

    def post(self) -> None:
        server, body = self.server, self.json()
        server.requests.append(body)
        server.asked.set()
        server.paths.append(self.path)
        server.keys.append(self.headers["authorization"])
        status, raw = server.reply(body["input"])
        self.answer(raw, status=status)
