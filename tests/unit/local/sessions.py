"""Sessions for tests: a client that hears streams as they come, and words for what is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from openai import AsyncOpenAI
from openai.types.beta import AgentSession
from starlette.applications import Starlette
from tests.unit.local.strict import StrictOpenAI

from retinue.platform.asgi import StreamingTransport

URL = "http://platform.test/v1"
NONE: Any = {"type": "none"}
QUIZ: Any = {
    "type": "function",
    "name": "quiz",
    "description": "Shows a quiz.",
    "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}},
}
TUTOR: Any = {"model": "gpt-5", "instructions": "Be kind.", "tools": [QUIZ]}


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[AsyncOpenAI]:
    """The official SDK on ``app`` in process, made strict; answers come piece by piece."""
    async with (
        httpx2.AsyncClient(transport=StreamingTransport(app), base_url=URL) as http,
        StrictOpenAI(api_key="k", base_url=URL, http_client=http, max_retries=0) as sdk,
    ):
        yield sdk


async def begin(sdk: AsyncOpenAI, text: str | None = "hello", **fields: Any) -> AgentSession:
    """A session without an environment, with input where there is ``text``."""
    body: dict[str, Any] = {"environment": NONE, "agent": {"model": "gpt-5"}} | fields
    made: AgentSession = await sdk.beta.agents.sessions.create(input=text, **body)
    return made


async def settled(sdk: AsyncOpenAI, session_id: str) -> AgentSession:
    """Wait until the session is idle, or until it wants something."""
    stream = await sdk.beta.agents.sessions.events.stream(session_id)
    try:
        async for event in stream:
            if event.type in ("agent.session.idle", "agent.session.requires_action"):
                return event.session
    finally:
        await stream.close()
    raise AssertionError("the stream ended before the session was settled")


def message(text: str) -> Any:
    """An input event: the user says ``text``."""
    content = [{"type": "input_text", "text": text}]
    return {
        "type": "agent.session.input.message",
        "input": [{"role": "user", "content": content}],
    }


def result(action: Any, **fields: Any) -> Any:
    """An input event: what the function call of a required action gave."""
    return {
        "type": "agent.session.input.tool_result",
        "turn_id": action.turn_id,
        "call_id": action.call_id,
        "success": True,
        "output": "42",
    } | fields


CANCEL: Any = {"type": "agent.session.input.cancel"}


async def send(sdk: AsyncOpenAI, session_id: str, *events: Any, **fields: Any) -> None:
    """Submit input events."""
    await sdk.beta.agents.sessions.events.create(session_id, events=events, **fields)


async def items(sdk: AsyncOpenAI, session_id: str) -> list[dict[str, Any]]:
    """All items of a session in their order."""
    pages = sdk.beta.agents.sessions.items.list(session_id, order="asc")
    return [each.to_dict(mode="json") async for each in pages]


async def spoken(sdk: AsyncOpenAI, session_id: str) -> list[tuple[str, str]]:
    """Who said what, in its order."""
    return [
        (each["role"], "".join(part["text"] for part in each["content"]))
        for each in await items(sdk, session_id)
        if each["type"] == "message"
    ]
