"""What a session is made of: its agent, its settings, and what it has to do without."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, NotFoundError
from tests.unit.local.scripted import ScriptedModel
from tests.unit.local.sessions import (
    NONE,
    QUIZ,
    TUTOR,
    begin,
    message,
    send,
    settled,
)

pytestmark = pytest.mark.anyio


async def test_a_saved_agent_is_taken_as_it_is(live: AsyncOpenAI) -> None:
    agent = await live.beta.agents.create(
        name="Tutor", reasoning={"effort": "high", "summary": "auto"}, metadata={"a": "b"}, **TUTOR
    )
    plain = await begin(
        live, None, agent_id=agent.id, environment={"type": "openai_hosted"}, agent={}
    )
    override: Any = {"reasoning": {"effort": "low"}, "tools": None, "instructions": "Other."}
    other = await begin(live, agent_id=agent.id, agent=override)
    await live.beta.agents.update(agent.id, name="Later", instructions="Later.")
    await live.beta.agents.delete(agent.id)
    kept = (await live.beta.agents.sessions.retrieve(plain.id)).agent
    assert (kept.id, kept.name, kept.instructions) == (agent.id, "Tutor", "Be kind.")
    assert [tool.type for tool in kept.tools] == ["function"]
    changed = (await live.beta.agents.sessions.retrieve(other.id)).agent
    assert (changed.id, changed.name, changed.instructions) == (agent.id, "Tutor", "Other.")
    assert (changed.reasoning.effort, changed.reasoning.summary) == ("low", None)
    assert changed.tools == []
    with pytest.raises(NotFoundError):
        await begin(live, agent_id=agent.id)


async def test_a_sessions_own_agent_is_not_saved(live: AsyncOpenAI) -> None:
    made = await begin(live)
    for request in (
        begin(live, agent_id=made.agent.id),
        live.beta.agents.retrieve(made.agent.id),
    ):
        with pytest.raises(BadRequestError) as caught:
            await request
        assert caught.value.code == "agent_not_persisted"


async def test_updates(live: AsyncOpenAI, model: ScriptedModel) -> None:
    made = await begin(
        live,
        agent={**TUTOR, "reasoning": {"effort": "high", "summary": "auto"}},
        metadata={"a": "b"},
        spend_control={"limit": 500},
        review="auto_review",
        prompt_cache_options={"ttl": "12h"},
    )
    await settled(live, made.id)
    assert made.spend_control
    assert (made.spend_control.limit, made.review) == (500, "auto_review")
    assert made.prompt_cache_options
    same = await live.beta.agents.sessions.update(made.id)
    assert same.to_dict() == (await live.beta.agents.sessions.retrieve(made.id)).to_dict()
    after = await live.beta.agents.sessions.update(
        made.id,
        agent={"model": "other", "reasoning": {"effort": None}, "tools": None},
        metadata=None,
        spend_control=None,
        review="none",
        prompt_cache_options=None,
    )
    assert (after.agent.model, after.agent.instructions) == ("other", "Be kind.")
    assert (after.agent.reasoning.effort, after.agent.reasoning.summary) == (None, "auto")
    assert (after.agent.tools, after.metadata) == ([], {})
    assert (after.spend_control, after.review, after.prompt_cache_options) == (None, None, None)
    await send(live, made.id, message("more"))
    await settled(live, made.id)
    assert (model.asks[-1].model, model.asks[-1].tools) == ("other", ())


async def test_lists(live: AsyncOpenAI) -> None:
    agent = await live.beta.agents.create(model="m")
    of_agent = [
        (await begin(live, agent_id=agent.id, agent={}, metadata={"n": str(n), 'q"': "x"})).id
        for n in range(3)
    ]
    other = await begin(live, metadata={"n": "1"})
    listed = live.beta.agents.sessions.list
    assert [each.id async for each in listed(limit=2, order="asc")] == [*of_agent, other.id]
    assert [each.id async for each in listed(agent_id=agent.id)] == of_agent[::-1]
    assert [each.id async for each in listed(metadata={"n": "1"})] == [other.id, of_agent[1]]
    both = listed(metadata={"n": "1", 'q"': "x"}, agent_id=agent.id)
    assert [each.id async for each in both] == [of_agent[1]]
    assert [each.id async for each in listed(metadata={"n": "9"})] == []


async def test_what_never_happens_in_a_session(live: AsyncOpenAI) -> None:
    session = await begin(live)
    sessions = live.beta.agents.sessions
    for lists in (sessions.subagents.list, sessions.artifacts.list, sessions.traces.list):
        assert [each async for each in lists(session.id)] == []
        with pytest.raises(NotFoundError, match="No session found"):
            await lists("sess_x")
    of: Any = {"session_id": session.id}
    for request in (
        sessions.subagents.retrieve("sub_x", **of),
        sessions.subagents.items.list("sub_x", **of),
        sessions.subagents.turns.list("sub_x", **of),
        sessions.subagents.turns.retrieve("turn_x", subagent_id="sub_x", **of),
        sessions.subagents.turns.items.list("turn_x", subagent_id="sub_x", **of),
        sessions.artifacts.retrieve("art_x", **of),
        sessions.artifacts.content("art_x", **of),
        sessions.artifacts.delete("art_x", **of),
    ):
        with pytest.raises(NotFoundError, match=r"No (subagent|artifact) found"):
            await request
    await settled(live, session.id)


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"environment": None}, "environment"),
        ({"environment": {"type": "cloud"}}, "environment.type"),
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"role": "assistant", "content": []}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": "text"}]}, "input[0].content"),
        ({"agent": {}}, "agent.model"),
        ({"agent": {"name": "x"}}, "agent.name"),
        ({"stream_options": {"include_obfuscation": False}}, "stream_options"),
        ({"spend_control": {"limit": 0}}, "spend_control.limit"),
        ({"agent": {"model": "m", "tools": [{"type": "file_search"}]}}, "agent.tools[0].type"),
    ],
)
async def test_refuses(live: AsyncOpenAI, sent: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        await live.beta.agents.sessions.create(
            environment=NONE, agent={"model": "m"}, input="hi", extra_body=sent
        )
    assert caught.value.param == param
    assert (await live.beta.agents.sessions.list()).data == []


async def test_a_stream_of_an_environment_needs_input(live: AsyncOpenAI) -> None:
    hosted: Any = {"type": "openai_hosted"}
    with pytest.raises(BadRequestError):
        await live.beta.agents.sessions.create(
            environment=hosted, agent={"model": "m"}, stream=True
        )
    quiet = await live.beta.agents.sessions.create(environment=hosted, agent={"model": "m"})
    assert quiet.status == "idle"


# --- What is missing here ----------------------------------------------------------------------


async def test_tools_that_are_not_here(live: AsyncOpenAI, model: ScriptedModel) -> None:
    server = {
        "type": "mcp",
        "server_label": "maps",
        "transport": {
            "type": "http",
            "server_url": "https://maps.example/mcp",
            "authorization": "secret",
            "headers": {"x-key": "secret"},
        },
    }
    tools: Any = [QUIZ, {"type": "tool_search"}, {"type": "web_search"}, server]
    made = await begin(live, agent={"model": "m", "tools": tools, "instructions": "Be kind."})
    await settled(live, made.id)
    (ask,) = model.asks
    assert [each.name for each in ask.tools] == ["quiz"]
    assert ask.instructions == (
        "Be kind.\n\nNot available in this session: web search, the MCP server maps."
        " Say so where it matters."
    )
    assert made.agent.instructions == "Be kind."
    assert [each.type for each in made.agent.tools] == ["function", "web_search", "mcp"]
    assert "secret" not in made.to_json()
    tools[3]["required"] = True
    with pytest.raises(APIStatusError) as caught:
        await begin(live, agent={"model": "m", "tools": tools})
    assert (caught.value.status_code, caught.value.code) == (424, "mcp_server_startup_failed")


async def test_an_environment_that_is_not_here(live: AsyncOpenAI, model: ScriptedModel) -> None:
    own: Any = {"type": "self_hosted", "workspace_directory": "/work"}
    hosted: Any = {"type": "openai_hosted"}
    for environment, status in ((hosted, "failed"), (own, "disconnected")):
        stream: Any = await live.beta.agents.sessions.create(
            environment=environment, agent={"model": "m"}, input="hi", stream=True
        )
        told = [each async for each in stream]
        assert told[1].type == f"agent.session.environment.{status}"
        assert told[1].environment.status == status
        assert told[1].environment.error.code == "sandbox_error"
        assert told[-1].type == "agent.session.idle"
        assert "execution environment" in model.asks[-1].instructions
        assert told[0].session.environment.id == told[1].environment.id


async def test_a_beta_header_is_needed(http: httpx2.AsyncClient) -> None:
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/sess_1/events")):
        answer = await http.request(method, f"/agents/sessions{path}", json={})
        assert answer.json()["error"]["code"] == "invalid_beta"
