"""The built-in model, for when no other is configured. It never pretends to be one.

It says what it is and repeats the last user message. Where the assistant has a file search, it
calls it once and lists the first passages, so that indexing and citations can be seen at work.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

from retinue.local.turns.items import Answered, Item, Said
from retinue.local.turns.ports import Ask, CallChunk, Chunk, EndChunk, TextChunk

_INTRODUCTION = (
    "This is the echo model of Retinue's embedded platform; no language model answers here. "
)
_PASSAGES = 3
_SHOWN = 300
_PIECE = 40


class EchoModel:
    """Repeats what it was told. ``search_name`` is known from the tools it is offered."""

    async def reply(self, ask: Ask) -> AsyncIterator[Chunk]:
        said = _last_words(ask.history)
        tool = next((each.name for each in ask.tools if "file_search" in each.name), None)
        found = _found(ask.history, tool)
        if tool and found is None and said and ask.choice.kind != "none":
            yield CallChunk(0, tool, json.dumps({"query": said}, ensure_ascii=False))
            yield EndChunk("tool_calls")
            return
        text = _answer(said, found)
        for start in range(0, len(text), _PIECE):
            yield TextChunk(text[start : start + _PIECE])
        yield EndChunk("stop")


def _last_words(history: Sequence[Item]) -> str:
    return next(
        (item.text for item in reversed(history) if isinstance(item, Said) and item.role == "user"),
        "",
    )


def _found(history: Sequence[Item], tool: str | None) -> str | None:
    """What the search gave since the last message; None if it wasn't asked."""
    for item in reversed(history):
        if isinstance(item, Answered) and tool:
            return item.output
        if isinstance(item, Said):
            return None
    return None


def _answer(said: str, found: str | None) -> str:
    told = f"You said: {said}" if said else "You said nothing."
    answer = _INTRODUCTION + told
    if found is None:
        return answer
    passages = [each for each in found.split("\n\n【") if each][:_PASSAGES]
    listed = "\n".join(_shown(each if each.startswith("【") else f"【{each}") for each in passages)
    return (
        f"{answer}\n\nThe file search found:\n{listed}" if "【" in found else f"{answer}\n\n{found}"
    )


def _shown(passage: str) -> str:
    label, _, text = passage.partition("\n")
    short = " ".join(text.split())[:_SHOWN]
    return f"- {short} {label}"
