"""/agents/sessions: turns that run, wait for functions, fail, are cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError, ConflictError, NotFoundError
from tests.unit.local.scripted import ScriptedModel, calls, says
from tests.unit.local.sessions import (
    CANCEL,
    NONE,
    TUTOR,
    begin,
    items,
    message,
    result,
    send,
    settled,
    spoken,
)

from retinue.local.turns.items import Answered, Asked, Said, Usage
from retinue.local.turns.ports import TurnFailed

pytestmark = pytest.mark.anyio


# --- A turn ------------------------------------------------------------------------------------


async def test_a_session_answers(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(says("Hel", "lo", usage=Usage(8, 2, 1, 1)))
    made = await begin(live, metadata={"k": "v"}, agent={"model": "m", "instructions": "Be brief."})
    assert (made.status, made.metadata, made.required_actions) == ("in_progress", {"k": "v"}, [])
    assert made.id.startswith("sess_")
    assert (made.agent.model, made.agent.name, made.environment.type) == ("m", None, "none")
    after = await settled(live, made.id)
    assert after.status == "idle"
    assert after.usage
    assert (after.usage.input_tokens, after.usage.total_tokens) == (8, 10)
    assert after.usage.input_tokens_details.cached_tokens == 1
    assert await spoken(live, made.id) == [("user", "hello"), ("assistant", "Hello")]
    said = (await items(live, made.id))[1]
    assert (said["phase"], said["status"]) == ("final_answer", "completed")
    (ask,) = model.asks
    assert (ask.model, ask.instructions) == ("m", "Be brief.")


async def test_a_session_goes_on(live: AsyncOpenAI, model: ScriptedModel) -> None:
    made = await begin(live, "one")
    await settled(live, made.id)
    await send(live, made.id, message("two"))
    await settled(live, made.id)
    assert [each.text for each in model.asks[1].history if isinstance(each, Said)] == [
        *("one", "fine", "two")
    ]
    turns = [each async for each in live.beta.agents.sessions.turns.list(made.id, order="asc")]
    assert [each.status for each in turns] == ["completed", "completed"]
    assert turns[0].agent_id == made.agent.id
    assert turns[0].started_at
    assert turns[0].completed_at
    one = await live.beta.agents.sessions.turns.retrieve(turns[1].id, session_id=made.id)
    assert one == turns[1]
    inside = live.beta.agents.sessions.turns.items.list(one.id, session_id=made.id, order="asc")
    assert [each.type async for each in inside] == ["message", "message"]


async def test_images_and_the_form_of_the_answer(live: AsyncOpenAI, model: ScriptedModel) -> None:
    schema = {"type": "object", "properties": {}}
    picture = {"type": "input_image", "image_url": "https://pictures.example/a.png"}
    await begin(
        live,
        [{"role": "user", "content": [picture, {"type": "input_text", "text": "what?"}]}],  # type: ignore[arg-type]
        agent={
            "model": "m",
            "reasoning": {"effort": "low"},
            "text": {"format": {"type": "json_schema", "schema": schema}},
        },
    )
    await model.asked()
    settings = model.asks[0].settings
    assert settings.reasoning_effort == "low"
    assert settings.response_format
    assert settings.response_format["json_schema"]["schema"] == schema
    (said,) = model.asks[0].history
    assert isinstance(said, Said)
    assert len(said.parts) == 2


async def test_a_model_that_fails(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script([says("Half")[0], TurnFailed("too many", code="rate_limit_exceeded")])
    stream: Any = await live.beta.agents.sessions.create(
        environment=NONE, agent={"model": "m"}, input="hi", stream=True
    )
    told = [each async for each in stream]
    assert [each.type for each in told[-3:]] == [
        *("error", "agent.session.turn.failed", "agent.session.idle")
    ]
    assert (told[-3].error.code, told[-3].error.message) == ("rate_limit_exceeded", "too many")
    turn, session = told[-2].turn, told[-1].session
    assert turn.error.code == "rate_limit_exceeded"
    assert await spoken(live, session.id) == [("user", "hi"), ("assistant", "Half")]
    assert (await items(live, session.id))[1]["status"] == "incomplete"
    await send(live, session.id, message("again"))
    assert (await settled(live, session.id)).status == "idle"
    assert (await spoken(live, session.id))[-1] == ("assistant", "fine")


@pytest.mark.parametrize(
    ("reason", "code"), [("length", "max_output_tokens"), ("content_filter", "server_error")]
)
async def test_an_answer_that_is_cut_fails_the_turn(
    live: AsyncOpenAI, model: ScriptedModel, reason: str, code: str
) -> None:
    model.script(says("Once", reason=reason))
    made = await begin(live)
    await settled(live, made.id)
    (turn,) = (await live.beta.agents.sessions.turns.list(made.id)).data
    assert turn.error
    assert (turn.status, turn.error.code) == ("failed", code)
    assert (await items(live, made.id))[1]["status"] == "incomplete"


# --- Functions ---------------------------------------------------------------------------------


async def test_functions(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(
        calls(("quiz", {"n": 1}), ("quiz", {"n": 2}), words="Wait.", usage=Usage(5, 1)),
        says("done", usage=Usage(9, 2)),
    )
    made = await begin(live, agent=TUTOR)
    waiting: Any = await settled(live, made.id)
    assert waiting.status == "requires_action"
    first, second = waiting.required_actions
    assert [each.type for each in (first, second)] == ["function_call"] * 2
    assert (first.name, first.arguments, second.arguments) == ("quiz", {"n": 1}, {"n": 2})
    (turn,) = (await live.beta.agents.sessions.turns.list(made.id)).data
    assert (turn.id, turn.status) == (first.turn_id, "waiting")
    await send(live, made.id, result(first))
    still = await live.beta.agents.sessions.retrieve(made.id)
    assert [each.call_id for each in still.required_actions] == [second.call_id]  # type: ignore[union-attr]
    await send(live, made.id, result(second, success=False, error="broken", output=None))
    after = await settled(live, made.id)
    assert after.usage
    assert (after.status, after.usage.total_tokens) == ("idle", 17)
    kept = await items(live, made.id)
    assert [(each["type"], each["status"]) for each in kept] == [
        ("message", "completed"),
        ("message", "completed"),
        ("function_call", "completed"),
        ("function_call", "failed"),
        ("function_call_output", "completed"),
        ("function_call_output", "failed"),
        ("message", "completed"),
    ]
    assert [kept[1]["phase"], kept[6]["phase"]] == ["commentary", "final_answer"]
    assert (kept[4]["output"], kept[5]["error"]) == ("42", "broken")
    answers = [each.output for each in model.asks[1].history if isinstance(each, Answered)]
    assert answers == ["42", "The call failed: broken"]
    asked = [each.arguments for each in model.asks[1].history if isinstance(each, Asked)]
    assert asked == ['{"n": 1}', '{"n": 2}']


async def test_results_that_nobody_waits_for(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {"n": 1})))
    made = await begin(live, agent=TUTOR)
    (action,) = (await settled(live, made.id)).required_actions
    for wrong in ({"call_id": "call_x"}, {"turn_id": "turn_x"}):
        with pytest.raises(BadRequestError, match="Unknown pending tool call: ") as caught:
            await send(live, made.id, result(action, **wrong))
        assert caught.value.code == "invalid_request_error"
    await send(live, made.id, result(action, output=[{"type": "input_text", "text": "parts"}]))
    await settled(live, made.id)
    assert [each.output for each in model.asks[1].history if isinstance(each, Answered)] == [
        "parts"
    ]
    with pytest.raises(BadRequestError, match="Unknown pending tool call: "):
        await send(live, made.id, result(action))
    with pytest.raises(BadRequestError, match="Unknown pending approval request: r1"):
        await send(
            live,
            made.id,
            {"type": "agent.session.input.mcp_approval_request_result", "request_id": "r1"},
        )


async def test_the_helper_answers_functions(live: AsyncOpenAI, model: ScriptedModel) -> None:
    agent = await live.beta.agents.create(**TUTOR)
    session = await begin(live, agent_id=agent.id, agent={"model": "other"})
    await settled(live, session.id)
    model.script(calls(("quiz", {"n": 7}), ("quiz", {"n": 8}), words="Wait."), says("do", "ne"))
    asked: list[Any] = []

    def quiz(arguments: dict[str, Any]) -> str:
        asked.append(arguments)
        return "right"

    async with live.beta.agents.sessions.stream(
        session.id, input="go", tool_handlers={"quiz": quiz}
    ) as stream:
        result = await stream.get_final_result()
    assert (result.output_text, asked) == ("done", [{"n": 7}, {"n": 8}])
    assert result.turn.status == "completed"
    assert (await live.beta.agents.sessions.retrieve(session.id)).status == "idle"


async def test_the_helper_on_a_new_session(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {"n": 7})), says("done"))
    stream = await live.beta.agents.sessions.create(
        environment=NONE,
        agent=TUTOR,
        input="go",
        stream=True,
        tool_handlers={"quiz": lambda arguments: {"n": arguments["n"] + 1}},
    )
    assert (await stream.get_final_result()).output_text == "done"
    assert [each.output for each in model.asks[1].history if isinstance(each, Answered)] == [
        '{"n":8}'
    ]


async def test_a_handler_that_fails(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", "not json")), says("pity"))
    session = await begin(live, agent=TUTOR)
    waiting: Any = await settled(live, session.id)
    assert waiting.required_actions[0].arguments == "not json"
    await send(live, session.id, CANCEL)
    model.script(calls(("quiz", "still not json")), says("pity"))
    async with live.beta.agents.sessions.stream(
        session.id, input="go", tool_handlers={"quiz": lambda _: "never"}
    ) as stream:
        assert (await stream.get_final_result()).output_text == "pity"


# --- Cancelling and conflicts ------------------------------------------------------------------


async def test_cancels_a_turn_under_way(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script([says("Half")[0], asyncio.Event()])
    made = await begin(live)
    await model.asked()
    for conflicting in (
        send(live, made.id, message("more")),
        live.beta.agents.sessions.delete(made.id),
    ):
        with pytest.raises(ConflictError):
            await conflicting
    await send(live, made.id, CANCEL)
    assert (await settled(live, made.id)).status == "idle"
    (turn,) = (await live.beta.agents.sessions.turns.list(made.id)).data
    assert turn.status == "cancelled"
    await send(live, made.id, CANCEL)  # nothing to cancel is no mistake
    await send(live, made.id, message("again"))
    await settled(live, made.id)
    assert await spoken(live, made.id) == [
        ("user", "hello"),
        ("assistant", "Half"),
        ("user", "again"),
        ("assistant", "fine"),
    ]


async def test_cancels_a_turn_that_waits(live: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {})))
    made = await begin(live, agent=TUTOR)
    await settled(live, made.id)
    with pytest.raises(ConflictError) as caught:
        await send(live, made.id, message("more"))
    assert caught.value.code == "active_turn_not_steerable"
    with pytest.raises(ConflictError):
        await live.beta.agents.sessions.delete(made.id)
    await send(live, made.id, CANCEL, message("instead"))
    after = await settled(live, made.id)
    assert (after.status, after.required_actions) == ("idle", [])
    kept = await items(live, made.id)
    assert (kept[1]["type"], kept[1]["status"]) == ("function_call", "incomplete")
    assert (await spoken(live, made.id))[-1] == ("assistant", "fine")
    gone = await live.beta.agents.sessions.delete(made.id)
    assert (gone.deleted, gone.object) == (True, "agent.session.deleted")
    with pytest.raises(NotFoundError):
        await live.beta.agents.sessions.retrieve(made.id)


async def test_a_session_that_is_asked_for_twice(live: AsyncOpenAI, model: ScriptedModel) -> None:
    key = {"Idempotency-Key": "k"}
    first = await begin(live, extra_headers=key)
    assert (await begin(live, extra_headers=key)).id == first.id
    await settled(live, first.id)
    assert len(model.asks) == 1
    with pytest.raises(ConflictError):
        await begin(live, "other", extra_headers=key)
    streamed: Any = [
        await begin(live, stream=True, extra_headers={"Idempotency-Key": "s"}) for _ in range(2)
    ]
    first_told, again_told = [[event async for event in stream] for stream in streamed]
    assert first_told[0].type == "agent.session.created"
    assert again_told[-1].session.id == first_told[0].session.id


async def test_events_that_are_sent_twice(live: AsyncOpenAI, clock: Any) -> None:
    made = await begin(live)
    await settled(live, made.id)
    for _ in range(2):
        await send(live, made.id, message("once"), idempotency_key="k1")
        await settled(live, made.id)
    with pytest.raises(ConflictError):
        await send(live, made.id, message("other"), idempotency_key="k1")
    with pytest.raises(BadRequestError):
        await send(live, made.id, message("other"), idempotency_key="k" * 257)
    clock.advance(86_401)
    await send(live, made.id, message("other"), idempotency_key="k1")
    await settled(live, made.id)
    said = [text for who, text in await spoken(live, made.id) if who == "user"]
    assert said == ["hello", "once", "other"]
