"""A chat-completions server whose words a test decides: OpenAI's wire, streamed, on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says: words, then calls of tools as (name, arguments)."""

    words: str = ""
    calls: tuple[tuple[str, Body], ...] = ()
    status: int = 200
    raw: str | None = None
    pause: float = 0.0
    content_type: str = "text/event-stream"

    def chunks(self) -> Iterator[Body]:
        """The streamed objects, words and arguments in pieces."""
        yield _delta({"role": "assistant", "content": ""})
        for start in range(0, len(self.words), 16):
            yield _delta({"content": self.words[start : start + 16]})
        for index, (name, arguments) in enumerate(self.calls):
            opening = {"name": name, "arguments": ""}
            call = {"index": index, "id": f"call_{index}", "type": "function"}
            yield _delta({"tool_calls": [call | {"function": opening}]})
            text = json.dumps(arguments)
            for start in range(0, len(text), 24):
                piece = {"index": index, "function": {"arguments": text[start : start + 24]}}
                yield _delta({"tool_calls": [piece]})
        yield _delta({}, "tool_calls" if self.calls else "stop")
        usage = {"prompt_tokens": 21, "completion_tokens": 7, "total_tokens": 28}
        yield {"object": "chat.completion.chunk", "choices": [], "usage": usage}


def _delta(delta: Body, reason: str | None = None) -> Body:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}


class ModelServer:
    """Answers with what ``think`` makes of each request. ``url`` ends in /v1."""

    def __init__(self, think: Callable[[Body], Reply]) -> None:
        self.requests: list[Body] = []
        self.keys: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.requests.append(body)
                server.keys.append(self.headers["authorization"])
                self._answer(think(body))

            def _answer(self, reply: Reply) -> None:
                time.sleep(reply.pause)
                if reply.raw is not None:
                    text = reply.raw
                else:
                    lines = [f"data: {json.dumps(each)}\n\n" for each in reply.chunks()]
                    text = "".join([*lines, "data: [DONE]\n\n"])
                raw = text.encode()
                self.send_response(reply.status)
                self.send_header("content-type", reply.content_type)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def run(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(think: Callable[[Body], Reply]) -> Iterator[ModelServer]:
    """A model server for the time of a block."""
    server = ModelServer(think)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(5)
