"""An embeddings server whose vectors a test decides: OpenAI's wire, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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


class EmbeddingsServer:
    """Answers with ``embed`` of each text. ``status`` and ``raw`` replace the answer."""

    def __init__(self, embed: Callable[[str], Sequence[float]] = meaning) -> None:
        self.embed = embed
        self.status = 200
        self.raw: str | None = None
        self.refuses: str | None = None
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.requests.append(body)
                server.paths.append(self.path)
                server.keys.append(self.headers["authorization"])
                status, raw = server.answer(body["input"])
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def answer(self, texts: Sequence[str]) -> tuple[int, bytes]:
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


@contextmanager
def embedding() -> Iterator[EmbeddingsServer]:
    """A server for the time of the block."""
    server = EmbeddingsServer()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
