"""Sessions that are listened to: what is told, and in which order; and servers that stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI
from starlette.applications import Starlette
from tests.unit.local.scripted import ScriptedModel, calls, says
from tests.unit.local.sessions import (
    NONE,
    TUTOR,
    begin,
    items,
    listening,
    message,
    result,
    send,
    settled,
    spoken,
)

from retinue.local.app import close_app, create_app
from retinue.local.work import leases

pytestmark = pytest.mark.anyio


# --- Streams -----------------------------------------------------------------------------------


async def test_what_a_new_session_tells(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(says("Hel", "lo"))
    stream: Any = await live.beta.agents.sessions.create(
        environment=NONE, agent={"model": "m"}, input="hi", stream=True
    )
    told = [each async for each in stream]
    assert [each.type.removeprefix("agent.session.") for each in told] == [
        "created",
        "turn.created",
        "turn.item.added",
        "in_progress",
        "turn.in_progress",
        "turn.item.added",
        "turn.content_part.added",
        "turn.output_text.delta",
        "turn.output_text.delta",
        "turn.output_text.done",
        "turn.content_part.done",
        "turn.item.done",
        "turn.completed",
        "idle",
    ]
    assert len({each.event_id for each in told}) == len(told)
    assert [each.delta for each in told[7:9]] == ["Hel", "lo"]
    assert (told[1].turn.status, told[12].turn.status) == ("queued", "completed")
    assert (told[2].output_index, told[5].output_index, told[11].output_index) == (None, 0, 0)
    assert told[11].item.id == told[7].item_id
    assert told[12].usage.total_tokens > 0


async def test_functions_in_a_stream(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {"n": 1})), says("done"))
    stream: Any = await live.beta.agents.sessions.create(
        environment=NONE, agent=TUTOR, input="hi", stream=True
    )
    told = []
    async for each in stream:
        told.append(each)
        if each.type == "agent.session.requires_action":
            await send(live, each.session.id, result(each.session.required_actions[0]))
    kinds = [each.type.removeprefix("agent.session.") for each in told]
    assert kinds[5:12] == [
        "turn.item.added",
        "requires_action",
        "turn.item.done",
        "turn.item.added",
        "in_progress",
        "turn.in_progress",
        "turn.item.added",
    ]
    assert (told[5].item.type, told[5].item.arguments, told[5].output_index) == (
        *("function_call", {"n": 1}),
        0,
    )
    assert (told[7].item.status, told[8].item.type) == ("completed", "function_call_output")
    assert (told[11].item.type, told[11].output_index) == ("message", 1)


async def test_a_listener_learns_the_present_state(live: AsyncOpenAI) -> None:
    made = await begin(live)
    await settled(live, made.id)
    stream = await live.beta.agents.sessions.events.stream(made.id)
    first = await anext(aiter(stream))
    assert first.type == "agent.session.idle"
    await live.beta.agents.sessions.delete(made.id)
    assert [each async for each in stream] == []


# --- Servers that stop -------------------------------------------------------------------------


@pytest.fixture
def other(database: Path, clock: Any, model: ScriptedModel) -> Iterator[Starlette]:
    """A second server on the same file, with no work of its own."""
    made = create_app(database, clock=clock, model=model)
    yield made
    close_app(made)


async def test_a_turn_of_a_dead_server_fails(
    live: AsyncOpenAI, model: ScriptedModel, clock: Any, other: Starlette
) -> None:
    model.script([says("Once")[0], asyncio.Event()])
    made = await begin(live)
    await model.asked()
    async with listening(other) as second:
        clock.advance(leases.LEASE_SECONDS)
        assert (await second.beta.agents.sessions.retrieve(made.id)).status == "in_progress"
        clock.advance(1)
        assert (await second.beta.agents.sessions.retrieve(made.id)).status == "idle"
        (turn,) = (await second.beta.agents.sessions.turns.list(made.id)).data
        assert turn.error
        assert (turn.status, turn.error.code) == ("failed", "internal_error")
        assert [each["status"] for each in await items(second, made.id)] == [
            *("completed", "incomplete")
        ]
        await send(second, made.id, message("again"))
        assert (await settled(second, made.id)).status == "idle"


async def test_a_server_that_finds_its_turn_lost_tells_so(
    live: AsyncOpenAI,
    model: ScriptedModel,
    clock: Any,
    other: Starlette,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model.script([says("Once")[0], asyncio.Event()])
    stream: Any = await live.beta.agents.sessions.create(
        environment=NONE, agent={"model": "m"}, input="hi", stream=True
    )
    await model.asked()
    clock.advance(leases.LEASE_SECONDS + 1)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.01)
    async with listening(other) as second:
        assert (await second.beta.agents.sessions.list()).data[0].status == "idle"
        told = [each async for each in stream]
        assert [each.type for each in told[-3:]] == [
            *("error", "agent.session.turn.failed", "agent.session.idle")
        ]
        said = await spoken(second, told[-1].session.id)
    assert said == [("user", "hi"), ("assistant", "Once")]


async def test_a_server_that_stops_fails_its_turns(
    live: AsyncOpenAI, app: Starlette, model: ScriptedModel, other: Starlette
) -> None:
    model.script([says("Once")[0], asyncio.Event()])
    made = await begin(live)
    await model.asked()
    await app.state.platform.runner.close()
    async with listening(other) as second:
        assert (await second.beta.agents.sessions.retrieve(made.id)).status == "idle"
        assert (await spoken(second, made.id))[-1] == ("assistant", "Once")


async def test_functions_are_answered_after_a_restart(
    live: AsyncOpenAI, app: Starlette, model: ScriptedModel, other: Starlette
) -> None:
    model.script(calls(("quiz", {"n": 1})), says("done"))
    made = await begin(live, agent=TUTOR)
    (action,) = (await settled(live, made.id)).required_actions
    await app.state.platform.runner.close()
    async with listening(other) as second:
        again = await second.beta.agents.sessions.retrieve(made.id)
        assert again.status == "requires_action"
        await send(second, made.id, result(action))
        assert (await settled(second, made.id)).status == "idle"
        assert (await spoken(second, made.id))[-1] == ("assistant", "done")
