"""/agents: what is stored, what the platform fills in, and what an update touches."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError
from openai.types.beta import Agent

pytestmark = pytest.mark.anyio

DEFAULTS: dict[str, Any] = {
    "object": "agent",
    "name": None,
    "instructions": None,
    "metadata": {},
    "tools": [],
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "auto",
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
    "compaction": {"async": False},
    "experimental": {"time_awareness": False},
}
FULL: Any = {
    "name": "Tutor",
    "instructions": "Be kind. ☃",
    "metadata": {"team": "education"},
    "reasoning": {"effort": "high", "summary": "concise"},
    "service_tier": "flex",
    "text": {
        "format": {"type": "json_schema", "schema": {"type": "object"}},
        "verbosity": "low",
    },
    "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
    "compaction": {"async_": True},
    "experimental": {"time_awareness": True},
    "tools": [{"type": "tool_search"}],
}
QUIZ: dict[str, Any] = {
    "type": "function",
    "name": "quiz",
    "description": "Shows a quiz.",
    "parameters": {"type": "object", "properties": {}},
}
HTTP = {"type": "http", "server_url": "https://tools.example/mcp"}
STDIO = {"type": "stdio", "command": "serve-tools", "cwd": "/workspace"}


def wire(agent: Agent) -> dict[str, Any]:
    return agent.to_dict(mode="json")


async def changed(sdk: AsyncOpenAI, agent_id: str, **fields: Any) -> dict[str, Any]:
    return wire(await sdk.beta.agents.update(agent_id, **fields))


async def test_fills_in_defaults(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.create(model="gpt-5")
    shown = wire(made)
    assert {key: shown[key] for key in DEFAULTS} == DEFAULTS
    assert (made.model, made.created_at) == ("gpt-5", made.updated_at)
    assert made.id.startswith("agt_")
    assert wire(await sdk.beta.agents.retrieve(made.id)) == shown
    null = await sdk.beta.agents.create(
        model="gpt-5",
        **dict.fromkeys((*DEFAULTS.keys() - {"object", "experimental"},)),  # type: ignore[arg-type]
    )
    assert {key: wire(null)[key] for key in DEFAULTS} == DEFAULTS


async def test_reads_back_what_was_sent(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.create(model="gpt-5", **FULL)
    assert wire(made) | FULL | {"compaction": {"async": True}} == wire(made)
    assert wire(await sdk.beta.agents.retrieve(made.id)) == wire(made)


async def test_objects_are_completed(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.create(
        model="m",
        multi_agent={"enabled": True},
        text={"verbosity": None},
        reasoning={"summary": "auto"},
        compaction={},
    )
    shown = wire(made)
    assert shown["multi_agent"] == {"enabled": True, "max_concurrent_subagents": 6}
    assert shown["text"] == DEFAULTS["text"]
    assert shown["reasoning"] == {"effort": None, "summary": "auto"}
    assert shown["compaction"] == {"async": False}


async def test_fills_in_defaults_of_tools(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.create(
        model="m",
        tools=[
            QUIZ,  # type: ignore[list-item]
            {"type": "tool_search"},
            {"type": "programmatic_tool_calling"},
            {"type": "mcp", "server_label": "far", "transport": HTTP},  # type: ignore[typeddict-item]
            {"type": "mcp", "server_label": "near", "transport": STDIO},  # type: ignore[typeddict-item]
            {"type": "web_search", "location": {"country": "NO"}},
            {"type": "computer_use"},
            {"type": "automations"},
        ],
    )
    mcp: dict[str, Any] = {
        "allowed_tools": None,
        "connection_origin": "service",
        "credential_id": None,
        "request_metadata": {},
        "required": False,
        "type": "mcp",
    }
    place = {"city": None, "country": "NO", "region": None, "timezone": None}
    assert wire(made)["tools"] == [
        QUIZ | {"defer_loading": False, "async": None},
        {"type": "tool_search"},
        {"type": "programmatic_tool_calling", "enabled": True},
        mcp | {"server_label": "far", "transport": HTTP | {"headers": {}}},
        mcp | {"server_label": "near", "transport": STDIO | {"args": [], "env_vars": []}},
        {
            "type": "web_search",
            "mode": "live",
            "context_size": "medium",
            "allowed_domains": None,
            "location": place,
        },
        {"type": "computer_use", "include_screenshots": False},
        {"type": "automations"},
    ]


async def test_an_update_keeps_what_it_leaves_out(sdk: AsyncOpenAI, clock: Any) -> None:
    made = await sdk.beta.agents.create(model="gpt-5", **FULL)
    clock.advance(5)
    after = await changed(sdk, made.id)
    assert after == wire(made) | {"updated_at": made.created_at + 5}
    renamed = await changed(sdk, made.id, name="Other", model="gpt-6")
    assert renamed == after | {"name": "Other", "model": "gpt-6"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"reasoning": {"effort": "low"}}, {"reasoning": {"effort": "low", "summary": None}}),
        ({"text": {"verbosity": "high"}}, {"text": DEFAULTS["text"] | {"verbosity": "high"}}),
        ({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
        ({"metadata": {}}, {"metadata": {}}),
        ({"tools": [{"type": "automations"}]}, {"tools": [{"type": "automations"}]}),
        ({"multi_agent": {"enabled": False}}, {"multi_agent": DEFAULTS["multi_agent"]}),
        ({"compaction": {}}, {"compaction": {"async": False}}),
        ({"experimental": {}}, {"experimental": {"time_awareness": True}}),
        ({"experimental": {"time_awareness": False}}, {"experimental": {"time_awareness": False}}),
        *(
            ({key: None}, {key: DEFAULTS[key]})
            for key in DEFAULTS
            if key not in ("object", "experimental")
        ),
    ],
    ids=str,
)
async def test_an_update_replaces_or_clears(
    sdk: AsyncOpenAI, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    made = await sdk.beta.agents.create(model="gpt-5", **FULL)
    assert await changed(sdk, made.id, **sent) == wire(made) | kept


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"name": "n" * 129}, "name"),
        ({"instructions": "i" * 1_048_577}, "instructions"),
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"temperature": 1}, "temperature"),
        ({"description": "no"}, "description"),
        ({"experimental": None}, "experimental"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"metadata": {"k" * 65: ""}}, "metadata." + "k" * 65),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format.type"),
        ({"multi_agent": {}}, "multi_agent.enabled"),
        ({"service_tier": "gold"}, "service_tier"),
        ({"tools": [{"type": "automations"}] * 2001}, "tools"),
        ({"tools": [QUIZ | {"description": "d" * 3_145_728}]}, "tools"),
        ({"tools": [{"type": "file_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "code_interpreter"}]}, "tools[0].type"),
        ({"tools": [QUIZ | {"strict": True}]}, "tools[0].strict"),
        ({"tools": [{"type": "function", "name": "f"}]}, "tools[0].description"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools[0].transport"),
        (
            {"tools": [{"type": "mcp", "server_label": "x", "transport": {"type": "sse"}}]},
            "tools[0].transport.type",
        ),
        (
            {
                "tools": [
                    {
                        "type": "mcp",
                        "server_label": "x",
                        "transport": HTTP | {"authorization": "secret"},
                    }
                ]
            },
            "tools[0].transport.authorization",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_refuses(sdk: AsyncOpenAI, sent: Any, param: str) -> None:
    made = await sdk.beta.agents.create(model="m")
    for request in (
        sdk.beta.agents.create(model="m", extra_body=sent),
        sdk.beta.agents.update(made.id, extra_body=sent),
    ):
        with pytest.raises(BadRequestError) as caught:
            await request
        assert caught.value.param == param


async def test_names_the_tools_that_it_knows(sdk: AsyncOpenAI) -> None:
    tool: Any = {"type": "file_search"}
    with pytest.raises(BadRequestError, match="Supported values are: 'function', 'tool_search'"):
        await sdk.beta.agents.create(model="m", tools=[tool])


async def test_limits_are_reached(sdk: AsyncOpenAI) -> None:
    tools: Any = [{"type": "automations"}] * 2000
    made = await sdk.beta.agents.create(
        model="m", name="n" * 128, instructions="i" * 1_048_576, tools=tools
    )
    assert (len(made.name or ""), len(made.tools)) == (128, 2000)


async def test_pages(sdk: AsyncOpenAI) -> None:
    ids = [(await sdk.beta.agents.create(model="m", name="same")).id for _ in range(25)]
    newest = await sdk.beta.agents.list()
    assert [each.id for each in newest.data] == ids[:4:-1]
    walked = [each.id async for each in sdk.beta.agents.list(limit=10, order="asc")]
    assert walked == ids
    after = await sdk.beta.agents.list(after=ids[3], order="asc", limit=2)
    assert [each.id for each in after.data] == ids[4:6]
    for limit in (0, 101):
        with pytest.raises(BadRequestError):
            await sdk.beta.agents.list(limit=limit)


async def test_deletes(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.create(model="m")
    gone = await sdk.beta.agents.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "agent.deleted")
    for request in (
        sdk.beta.agents.retrieve(made.id),
        sdk.beta.agents.update(made.id, name="x"),
        sdk.beta.agents.delete(made.id),
    ):
        with pytest.raises(NotFoundError, match="No agent found") as caught:
            await request
        assert caught.value.type == "not_found_error"


@pytest.mark.parametrize("beta", ["assistants=v2", "agents=v2", ""])
async def test_needs_its_beta(http: httpx2.AsyncClient, beta: str) -> None:
    answer = await http.get("/agents", headers={"OpenAI-Beta": beta})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_beta"


async def test_models_of_agents_are_listed(sdk: AsyncOpenAI) -> None:
    await sdk.beta.agents.create(model="gpt-9")
    assert "gpt-9" in [each.id async for each in sdk.models.list()]
