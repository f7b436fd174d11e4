"""A chat-completions server whose words a test decides: OpenAI's wire, streamed, on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.loopback import LoopbackHandler, LoopbackServer

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


class ModelServer(LoopbackServer):
    """Answers with what ``think`` makes of each request. ``url`` ends in /v1."""

    def __init__(self, think: Callable[[Body], Reply]) -> None:
        super().__init__(_Handler)
        self.think = think
        self.requests: list[Body] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"{self.root}/v1"


class _Handler(LoopbackHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"

    def post(self) -> None:
        body = self.json()
        self.server.requests.append(body)
        self.server.keys.append(self.headers["authorization"])
        reply = self.server.think(body)
        time.sleep(reply.pause)
        self.answer(_wire(reply).encode(), status=reply.status, kind=reply.content_type)


def _wire(reply: Reply) -> str:
    if reply.raw is not None:
        return reply.raw
    lines = [f"data: {json.dumps(each)}\n\n" for each in reply.chunks()]
    return "".join([*lines, "data: [DONE]\n\n"])
