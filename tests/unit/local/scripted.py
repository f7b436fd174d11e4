"""A model that says what a test tells it to say, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

from retinue.local.turns.items import Usage
from retinue.local.turns.ports import Ask, CallChunk, Chunk, EndChunk, TextChunk, TurnFailed

Step: TypeAlias = Chunk | TurnFailed | asyncio.Event
Reply: TypeAlias = Sequence[Step]


def says(*pieces: str, usage: Usage | None = None, reason: str = "stop") -> Reply:
    """A reply in words."""
    return [*(TextChunk(piece) for piece in pieces), EndChunk(reason, usage)]


def calls(*wanted: tuple[str, Any], words: str = "", usage: Usage | None = None) -> Reply:
    """A reply that calls tools: names with their arguments."""
    spoken = [TextChunk(words)] if words else []
    chunks: list[Step] = []
    for index, (name, arguments) in enumerate(wanted):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        half = len(text) // 2
        chunks.append(CallChunk(index, name, ""))
        chunks += [CallChunk(index, None, text[:half]), CallChunk(index, None, text[half:])]
    return [*spoken, *chunks, EndChunk("tool_calls", usage)]


class ScriptedModel:
    """Gives its replies in turn, then "fine". An event in a reply is waited for."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = deque(replies)
        self.asks: list[Ask] = []
        self._waiting = asyncio.Event()

    def script(self, *replies: Reply) -> None:
        """Say these next."""
        self.replies.extend(replies)

    async def asked(self) -> None:
        """Wait until the model waits for an event, and what it said before is written down."""
        await asyncio.wait_for(self._waiting.wait(), 10)
        await asyncio.sleep(0.05)

    async def reply(self, ask: Ask) -> AsyncIterator[Chunk]:
        self.asks.append(ask)
        for step in self.replies.popleft() if self.replies else says("fine"):
            if isinstance(step, TurnFailed):
                raise step
            if isinstance(step, asyncio.Event):
                self._waiting.set()
                await step.wait()
            else:
                yield step
        self._waiting.set()
