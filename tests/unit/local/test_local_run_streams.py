"""Streamed runs: event names and their order, and the objects as the official SDK puts them
together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from tests.unit.local.scripted import ScriptedModel, calls, says

from retinue.local.turns.ports import TurnFailed

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

QUIZ: Any = {"type": "function", "function": {"name": "quiz", "parameters": {"type": "object"}}}
HELLO: Any = {"messages": [{"role": "user", "content": "hello"}]}


async def assistant_of(sdk: AsyncOpenAI, **fields: Any) -> str:
    return (await sdk.beta.assistants.create(model="gpt-4o", **fields)).id


async def events(stream: Any) -> list[str]:
    return [event.event async for event in stream]


async def told(
    http: httpx2.AsyncClient, path: str, body: dict[str, Any]
) -> AsyncIterator[tuple[str, Any]]:
    """The raw events of a streamed request."""
    answer = await http.post(path, json=body | {"stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    for block in answer.text.strip().split("\n\n"):
        name, _, data = block.partition("\n")
        text = data.removeprefix("data: ")
        yield name.removeprefix("event: "), text if text == "[DONE]" else json.loads(text)


async def test_words_are_streamed_in_order(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(says("Hel", "lo"))
    assistant = await assistant_of(sdk)
    async with sdk.beta.threads.create_and_run_stream(
        assistant_id=assistant, thread=HELLO
    ) as stream:
        assert await events(stream) == [
            "thread.created",
            "thread.run.created",
            "thread.run.queued",
            "thread.run.in_progress",
            "thread.run.step.created",
            "thread.run.step.in_progress",
            "thread.message.created",
            "thread.message.in_progress",
            "thread.message.delta",
            "thread.message.delta",
            "thread.message.completed",
            "thread.run.step.completed",
            "thread.run.completed",
        ]
        (message,) = await stream.get_final_messages()
        assert message.content[0].text.value == "Hello"  # type: ignore[union-attr]
        run = await stream.get_final_run()
    kept = await sdk.beta.threads.messages.retrieve(message.id, thread_id=run.thread_id)
    assert kept == message


async def test_functions_are_streamed_and_answered(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {"n": 1}), ("quiz", {"n": 22})), says("done"))
    assistant = await assistant_of(sdk, tools=[QUIZ])
    thread = await sdk.beta.threads.create(**HELLO)
    async with sdk.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant) as stream:
        names = await events(stream)
        assert names[2:5] == [
            "thread.run.in_progress",
            "thread.run.step.created",
            "thread.run.step.in_progress",
        ]
        assert set(names[5:-1]) == {"thread.run.step.delta"}
        assert names[-1] == "thread.run.requires_action"
        run = await stream.get_final_run()
        (step,) = await stream.get_final_run_steps()
    assert run.required_action
    waiting = run.required_action.submit_tool_outputs.tool_calls
    built = step.step_details.tool_calls  # type: ignore[union-attr]
    assert [each.function.arguments for each in built] == ['{"n": 1}', '{"n": 22}']  # type: ignore[union-attr]
    assert [each.id for each in built] == [each.id for each in waiting]
    outputs: Any = [{"tool_call_id": each.id, "output": "ok"} for each in waiting]
    async with sdk.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs
    ) as stream:
        names = await events(stream)
        assert names[:3] == [
            "thread.run.step.completed",
            "thread.run.queued",
            "thread.run.in_progress",
        ]
        assert names[-1] == "thread.run.completed"


async def test_every_streamed_object_is_as_described(
    http: httpx2.AsyncClient, model: ScriptedModel, conformance: Any
) -> None:
    model.script(calls(("quiz", {}), words="Wait"), says("x"))
    made = await http.post("/assistants", json={"model": "gpt-4o", "tools": [QUIZ]})
    body = {"assistant_id": made.json()["id"], "thread": HELLO}
    seen = [pair async for pair in told(http, "/threads/runs", body)]
    assert seen[-1] == ("done", "[DONE]")
    for name, data in seen[:-1]:
        if name.endswith(".delta"):
            assert data["object"] == name
            assert set(data) == {"id", "object", "delta"}
            continue
        kinds = {
            "thread": "ThreadObject",
            "thread.run": "RunObject",
            "thread.run.step": "RunStepObject",
            "thread.message": "MessageObject",
        }
        conformance.check(kinds[name.rpartition(".")[0]], data)


async def test_a_cancelled_run_ends_its_stream(
    http: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    model.script([*says("Once")[:1], asyncio.Event()])
    made = await http.post("/assistants", json={"model": "gpt-4o"})
    body = {"assistant_id": made.json()["id"]}
    thread = (await http.post("/threads", json=HELLO)).json()
    path = f"/threads/{thread['id']}/runs"
    streaming = asyncio.create_task(_collected(told(http, path, body)))
    await model.asked()
    run = (await http.get(path)).json()["data"][0]
    await http.post(f"{path}/{run['id']}/cancel")
    names = [name for name, _ in await streaming]
    assert names[-5:] == [
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
        "done",
    ]


async def _collected(pairs: AsyncIterator[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [pair async for pair in pairs]


async def test_a_model_that_fails_ends_the_stream(
    http: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    model.script([TurnFailed("no luck")])
    made = await http.post("/assistants", json={"model": "gpt-4o"})
    body = {"assistant_id": made.json()["id"], "thread": HELLO}
    seen = [pair async for pair in told(http, "/threads/runs", body)]
    assert [name for name, _ in seen[-2:]] == ["thread.run.failed", "done"]
    assert seen[-2][1]["last_error"] == {"code": "server_error", "message": "no luck"}
