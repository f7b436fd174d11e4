"""/agents/automations: schedules that are kept, targets, and invocations that start sessions."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError
from tests.unit.local.scripted import ScriptedModel, calls
from tests.unit.local.sessions import NONE, QUIZ, begin, settled, spoken

pytestmark = pytest.mark.anyio

WORDS: Any = [{"role": "user", "content": [{"type": "input_text", "text": "report"}]}]
NEW: Any = {
    "type": "new_session",
    "agent": {"model": "m", "tools": [QUIZ]},
    "environment": NONE,
    "input": WORDS,
}
DAILY: Any = {
    "type": "periodic",
    "name": "Daily",
    "expression": "30 7 * * MON-FRI",
    "timezone": "Europe/Oslo",
    "target": NEW,
}


async def made(sdk: AsyncOpenAI, **fields: Any) -> Any:
    return await sdk.beta.agents.automations.create(**DAILY | fields)


def once(at: int, **fields: Any) -> Any:
    return {"type": "once", "name": "Once", "run_at": at, "target": NEW} | fields


async def test_a_periodic_automation(live: AsyncOpenAI) -> None:
    kept = await made(live, metadata={"k": "v"})
    shown = kept.to_dict()
    assert kept.id.startswith("auto_")
    assert (
        shown
        | {
            "object": "agent.automation",
            "type": "periodic",
            "status": "active",
            "pause_reason": None,
            "created_by": {"type": "developer"},
            "expression": "30 7 * * MON-FRI",
            "timezone": "Europe/Oslo",
            "metadata": {"k": "v"},
        }
        == shown
    )
    target = shown["target"]
    assert (target["agent_id"], target["environment"]) == (None, {"type": "none"})
    assert (target["metadata"], target["vault_ids"]) == ({}, [])
    assert target["input"] == [{"type": "message", **WORDS[0]}]
    assert target["agent"]["service_tier"] == "auto"
    assert target["agent"]["tools"] == [QUIZ | {"defer_loading": False, "async": None}]
    again = await live.beta.agents.automations.retrieve(kept.id)
    assert again.to_dict() == shown


async def test_an_automation_that_runs_once(live: AsyncOpenAI, clock: Any) -> None:
    agent = await live.beta.agents.create(model="m")
    hosted = {"type": "openai_hosted", "container_size": "large"}
    target = {"type": "new_session", "agent_id": agent.id, "environment": hosted, "input": WORDS}
    at = int(clock()) + 60
    kept = await live.beta.agents.automations.create(**once(at, target=target))
    shown = kept.to_dict()
    assert (shown["run_at"], "expression" in shown) == (at, False)
    assert shown["target"]["agent"] is None  # type: ignore[index]
    environment = shown["target"]["environment"]  # type: ignore[index]
    assert (environment["container_size"], environment["network"]) == ("large", None)


async def test_updates(live: AsyncOpenAI, clock: Any) -> None:
    kept = await made(live, metadata={"k": "v"})
    same = await live.beta.agents.automations.update(kept.id)
    assert same == kept
    own = {"type": "self_hosted", "workspace_directory": "/work"}
    target: Any = NEW | {"environment": own, "metadata": {"from": "cron"}}
    after: Any = await live.beta.agents.automations.update(
        kept.id, name="Other", expression="*/5 0-6 1,15 * *", target=target, metadata={"a": "b"}
    )
    assert (after.name, after.expression, after.timezone) == (
        *("Other", "*/5 0-6 1,15 * *"),
        "Europe/Oslo",
    )
    assert (after.metadata, after.target.metadata) == ({"a": "b"}, {"from": "cron"})
    assert after.target.environment.workspace_directory == "/work"
    session = await begin(live)
    existing: Any = {"type": "existing_session", "session_id": session.id, "instructions": "go"}
    for wrong, param in (
        ({"target": existing}, "target.type"),
        ({"run_at": int(clock()) + 60}, "run_at"),
        ({"type": "once"}, "type"),
    ):
        with pytest.raises(BadRequestError) as caught:
            await live.beta.agents.automations.update(kept.id, extra_body=wrong)
        assert caught.value.param == param
    single = await live.beta.agents.automations.create(**once(int(clock()) + 60))
    with pytest.raises(BadRequestError, match="not accepted"):
        await live.beta.agents.automations.update(single.id, expression="* * * * *")
    with pytest.raises(BadRequestError, match="future"):
        await live.beta.agents.automations.update(single.id, run_at=int(clock()))


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"expression": "* * * *"}, "expression"),
        ({"expression": "60 * * * *"}, "expression"),
        ({"expression": "5-1 * * * *"}, "expression"),
        ({"expression": "*/0 * * * *"}, "expression"),
        ({"expression": "* * 0 * *"}, "expression"),
        ({"expression": "* * * NOV-ALWAYS *"}, "expression"),
        ({"expression": "* * * * 8"}, "expression"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"name": ""}, "name"),
        ({"run_at": 1}, "run_at"),
        ({"type": "hourly"}, "type"),
        ({"target": NEW | {"agent_id": "agt_1"}}, "target.agent_id"),
        ({"target": {**NEW, "agent": {}}}, "target.agent.model"),
        ({"target": {**NEW, "input": "words"}}, "target.input"),
        ({"target": {"type": "email"}}, "target.type"),
    ],
    ids=str,
)
async def test_refuses(live: AsyncOpenAI, sent: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        await live.beta.agents.automations.create(**DAILY, extra_body=sent)
    assert caught.value.param == param


async def test_what_a_target_names_has_to_exist(live: AsyncOpenAI) -> None:
    lost = {key: value for key, value in NEW.items() if key != "agent"}
    existing = {"type": "existing_session", "session_id": "sess_x", "instructions": "go"}
    for target in (lost | {"agent_id": "agt_x"}, existing):
        with pytest.raises(NotFoundError):
            await made(live, target=target)


async def test_pauses_resumes_lists_and_deletes(live: AsyncOpenAI) -> None:
    session = await begin(live)
    target = {"type": "existing_session", "session_id": session.id, "instructions": "go"}
    kept = [(await made(live)).id, (await made(live, target=target)).id]
    automations = live.beta.agents.automations
    assert (await automations.pause(kept[0])).status == "paused"
    assert (await automations.pause(kept[0])).status == "paused"
    assert (await automations.resume(kept[0])).status == "active"
    assert [each.id async for each in automations.list(order="asc", limit=1)] == kept
    assert [each.id async for each in automations.list(session_id=session.id)] == kept[1:]
    gone = await automations.delete(kept[1])
    assert (gone.deleted, gone.object) == (True, "agent.automation.deleted")
    for request in (automations.retrieve(kept[1]), automations.invocations.create(kept[1])):
        with pytest.raises(NotFoundError, match="No automation found"):
            await request


async def test_an_invocation_starts_a_session(live: AsyncOpenAI) -> None:
    automation = await made(live, target=NEW | {"metadata": {"from": "cron"}})
    await live.beta.agents.automations.pause(automation.id)
    invocations = live.beta.agents.automations.invocations
    first = await invocations.create(automation.id)
    assert (first.status, first.source.type, first.scheduled_at) == ("completed", "manual", None)
    assert first.session_id
    session = await settled(live, first.session_id)
    assert (session.metadata, session.agent.model) == ({"from": "cron"}, "m")
    assert await spoken(live, session.id) == [("user", "report"), ("assistant", "fine")]
    second = await invocations.create(automation.id)
    assert second.session_id != first.session_id
    assert [each.id async for each in invocations.list(automation.id, limit=1)] == [
        *(second.id, first.id)
    ]
    assert await invocations.retrieve(first.id, automation_id=automation.id) == first
    with pytest.raises(NotFoundError):
        await invocations.retrieve("inv_x", automation_id=automation.id)


async def test_an_invocation_of_a_session(live: AsyncOpenAI, model: ScriptedModel) -> None:
    session = await begin(live, agent={"model": "m", "tools": [QUIZ]})
    await settled(live, session.id)
    target = {"type": "existing_session", "session_id": session.id, "instructions": "look again"}
    automation = await made(live, target=target)
    invocations = live.beta.agents.automations.invocations
    model.script(calls(("quiz", {})))
    told = await invocations.create(automation.id)
    assert (told.status, told.session_id) == ("completed", session.id)
    assert (await settled(live, session.id)).status == "requires_action"
    assert (await spoken(live, session.id))[-1] == ("user", "look again")
    busy = await invocations.create(automation.id)
    assert (busy.status, busy.skip_reason, busy.session_id) == (
        *("skipped", "pending_delivery"),
        session.id,
    )


async def test_an_invocation_that_fails(live: AsyncOpenAI) -> None:
    agent = await live.beta.agents.create(model="m")
    target = {key: value for key, value in NEW.items() if key != "agent"}
    automation = await made(live, target=target | {"agent_id": agent.id})
    await live.beta.agents.delete(agent.id)
    failed = await live.beta.agents.automations.invocations.create(automation.id)
    assert failed.error
    assert (failed.status, failed.error.code) == ("failed", "not_found_error")
    assert failed.session_id is None
    assert (await live.beta.agents.sessions.list()).data == []
