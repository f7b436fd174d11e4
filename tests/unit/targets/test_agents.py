"""What an assistant is on the Agents API: a saved agent, and what its sessions get."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai.types.beta import environment_param
from openai.types.beta import persisted_agent_tool_param as tools
from openai.types.beta.agents import session_create_params
from tests.unit.targets import samples
from tests.unit.targets.making import (
    MODEL,
    assistant,
    compiled,
    id_of,
    resolved,
    unmarked,
    written,
)

from retinue.address import Address
from retinue.engine.diff import Delta, compare
from retinue.kinds.api import Object
from retinue.kinds.base import MARKER, Live, Upload
from retinue.kinds.marker import KEY
from retinue.kinds.values import Ref
from retinue.targets.agents import AGENT, AgentAdapter, session_of
from retinue.targets.refusals import unsupported

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


PLAIN: dict[str, Any] = {
    "id": "agt_1",
    "object": "agent",
    "created_at": 7,
    "updated_at": 8,
    "name": "tutor",
    "model": MODEL,
    "instructions": None,
    "metadata": {},
    "tools": [],
    "reasoning": {"effort": "medium", "summary": None},
    "service_tier": "auto",
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
    "compaction": {"async": False},
    "experimental": {"time_awareness": False},
}
"""An agent of which only name and model were given, as the platform shows it."""


class Recorder:
    """An `Api` that keeps what it is sent and answers with one agent."""

    def __init__(self, answer: Object = PLAIN) -> None:
        self.answer = answer
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def create(self, path: str, body: Object) -> Object:
        self.sent.append((f"create {path}", dict(body)))
        return self.answer

    async def change(self, path: str, body: Object) -> Object:
        self.sent.append((f"change {path}", dict(body)))
        return self.answer

    async def get(self, path: str, params: Object | None = None) -> Object:
        raise NotImplementedError

    async def find(self, path: str) -> Object | None:
        self.sent.append((f"find {path}", {}))
        return self.answer if path.endswith(self.answer["id"]) else None

    async def delete(self, path: str) -> None:
        self.sent.append((f"delete {path}", {}))

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object:
        raise NotImplementedError

    async def inline(self, upload: Upload, folder: str = "") -> str:
        raise NotImplementedError

    async def pages(
        self, path: str, *, size: int, params: Object | None = None
    ) -> AsyncIterator[list[Object]]:
        assert params is None
        self.sent.append((f"pages {path} of {size}", {}))
        yield [self.answer]

    async def pause(self, seconds: float) -> None:
        raise NotImplementedError


def live(**fields: Any) -> Live:
    return AgentAdapter(Recorder()).live({**PLAIN, **fields})


async def sent(
    values: dict[str, Any], *, changed: set[str], applied: Any = None, present: Live | None = None
) -> dict[str, Any]:
    """What an update sends."""
    api = Recorder()
    write = written(values, changed=changed, applied=applied)
    await AgentAdapter(api).update("agt_1", write, present or live())
    (request,) = api.sent
    assert request[0] == "change /agents/agt_1"
    return request[1]


# --- compiling ---------------------------------------------------------------------------------


def test_only_what_the_manifest_names_is_wanted_and_the_marker(tmp_path: Path) -> None:
    assert compiled(assistant(tmp_path, "agents")).values == {
        "name": "tutor", "model": MODEL, MARKER: "demo/default/assistant.tutor"}  # fmt: skip


def test_fields_keep_their_names(tmp_path: Path) -> None:
    said = {name: samples.FIELDS[name] for name in AGENT.attributes.keys() & samples.FIELDS.keys()}
    resource = compiled(assistant(tmp_path, "agents", **said))
    lab, keys = Address("environment", "lab"), Address("vault", "keys")
    assert unmarked(resource.values) == {
        **said,
        "response_format": {"type": "json_schema", "schema": samples.SCHEMA},
        "environment": Ref(lab),
        "vaults": [Ref(keys)],
    }
    assert resource.depends_on == (lab, keys)


@pytest.mark.parametrize("said", ["auto", {"type": "text"}])
def test_plain_text(tmp_path: Path, said: Any) -> None:
    values = compiled(assistant(tmp_path, "agents", response_format=said)).values
    assert values["response_format"] == {"type": "text"}


def test_tools(tmp_path: Path) -> None:
    stdio = {"command": "serve", "cwd": "/workspace"}
    said = [
        {"type": "function", "function": "quiz", "async": True},
        {"type": "function", "function": {"name": "f"}},
        samples.tool("mcp", headers={"X-A": "b"}, credential="door", required=True),
        samples.tool("mcp", server_label="near", server_url=None, stdio=stdio),
        {"type": "web_search", "mode": "disabled"},
        {"type": "computer_use"},
    ]
    no_parameters = {"type": "object", "properties": {}}
    resource = compiled(assistant(tmp_path, "agents", tools=said))
    door = Address("credential", "door")
    assert resource.depends_on == (door,)
    assert resource.values["tools"] == [
        {
            "type": "function",
            "name": "quiz",
            "description": "Sets a quiz.",
            "parameters": no_parameters,
            "async": True,
        },
        {"type": "function", "name": "f", "description": "", "parameters": no_parameters},
        {
            "type": "mcp",
            "server_label": "far",
            "transport": {"type": "http", "server_url": samples.FAR, "headers": {"X-A": "b"}},
            "required": True,
            "credential_id": Ref(door),
        },
        {"type": "mcp", "server_label": "near", "transport": {"type": "stdio", **stdio}},
        {"type": "web_search", "mode": "disabled"},
        {"type": "computer_use"},
    ]


def test_tools_have_no_key_that_the_sdk_does_not_know(tmp_path: Path) -> None:
    known: dict[str, Any] = {
        "automations": tools.PersistedAgentToolConfigParamAutomations,
        "computer_use": tools.PersistedAgentToolConfigParamComputerUse,
        "function": tools.PersistedAgentToolConfigParamFunction,
        "mcp": tools.PersistedAgentToolConfigParamMcp,
        "programmatic_tool_calling": tools.PersistedAgentToolConfigParamProgrammaticToolCalling,
        "tool_search": tools.PersistedAgentToolConfigParamToolSearch,
        "web_search": tools.PersistedAgentToolConfigParamWebSearch,
    }
    said = [samples.tool(type_) for type_ in samples.TOOLS]
    said += [samples.tool(type_, **more) for (type_, _), more in samples.OPTIONS.items()]
    taken = 0
    for tool in said:
        declared = assistant(tmp_path, "agents", tools=[tool])
        if not list(unsupported(declared)):
            (made,) = compiled(declared).values["tools"]
            type_ = known[made["type"]]
            assert made.keys() <= {*type_.__required_keys__, *type_.__optional_keys__}
            taken += 1
    assert taken > len(known)


def test_each_field_can_be_ignored_for_itself(tmp_path: Path) -> None:
    said = {"verbosity": "low", "response_format": "auto"}
    said |= {"lifecycle": {"ignore_changes": ["verbosity"]}}  # type: ignore[dict-item]
    resource = compiled(assistant(tmp_path, "agents", **said))
    shown = live(text={"format": {"type": "json_schema", "schema": {}}, "verbosity": "high"})
    found = compare(resource, resource.values, resource.values, shown.values)
    assert [delta.name for delta in found.deltas] == ["response_format", MARKER]


# --- comparing ---------------------------------------------------------------------------------

FILLED: dict[str, Any] = {
    "allowed_tools": None,
    "connection_origin": "service",
    "credential_id": None,
    "request_metadata": {},
    "required": False,
}
HTTP = {"type": "http", "server_url": samples.FAR}
FUNCTION = {"type": "function", "name": "sum_up", "description": "",
            "parameters": {"type": "object", "properties": {}}}  # fmt: skip
MCP = {"type": "mcp", "server_label": "far", "transport": HTTP}


def deltas(tmp_path: Path, said: dict[str, Any], **shown: Any) -> list[Delta]:
    """What differs where ``said`` was applied and the platform shows ``shown``."""
    resource = compiled(assistant(tmp_path, "agents", **said))
    wanted = {**resolved(resource), MARKER: None}
    return list(compare(resource, wanted, wanted, live(**shown).values).deltas)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({}, {}),
        ({"reasoning_effort": None}, {}),
        ({"reasoning_summary": "auto"}, {"reasoning": {"effort": "high", "summary": "auto"}}),
        ({"verbosity": "medium"}, {}),
        ({"response_format": "auto"}, {}),
        ({"service_tier": "auto"}, {}),
        ({"multi_agent": {"enabled": False}}, {}),
        ({"multi_agent": {"enabled": False, "max_concurrent_subagents": 3}}, {}),
        (
            {"multi_agent": {"enabled": True}},
            {"multi_agent": {"enabled": True, "max_concurrent_subagents": 6}},
        ),
        ({"compaction": {}}, {"compaction": None}),
        ({"compaction": {"async": False}}, {"compaction": None}),
        ({"experimental": {}}, {"experimental": None}),
        ({"experimental": {"time_awareness": False}}, {"experimental": None}),
        ({"tools": []}, {}),
        ({"environment": "lab", "vaults": ["keys"]}, {}),
        (
            {"tools": [samples.tool("function")]},
            {"tools": [{**FUNCTION, "defer_loading": False, "async": None}]},
        ),
        (
            {"tools": [samples.tool("function", **{"async": False, "defer_loading": False})]},
            {"tools": [{**FUNCTION, "defer_loading": False, "async": None}]},
        ),
        (
            {"tools": [samples.tool("mcp")]},
            {"tools": [{**MCP, **FILLED, "transport": {**HTTP, "headers": {}}, "newer": 1}]},
        ),
        (
            {"tools": [samples.tool("mcp", credential="door")]},
            {"tools": [{**MCP, **FILLED, "credential_id": "credential_door"}]},
        ),
        (
            {"tools": [samples.tool("mcp", credential={"id": "cred_1"})]},
            {"tools": [{**MCP, **FILLED, "credential_id": "cred_1"}]},
        ),
        (
            {"tools": [{"type": "web_search", "location": {"country": "NO"}}]},
            {
                "tools": [
                    {
                        "type": "web_search",
                        "mode": "live",
                        "context_size": "medium",
                        "allowed_domains": None,
                        "location": {
                            "city": None,
                            "country": "NO",
                            "region": None,
                            "timezone": None,
                        },
                    }
                ]
            },
        ),
        (
            {"tools": ["programmatic_tool_calling", "computer_use"]},
            {
                "tools": [
                    {"type": "programmatic_tool_calling", "enabled": True},
                    {"type": "computer_use", "include_screenshots": False},
                ]
            },
        ),
    ],
    ids=str,
)
def test_what_the_platform_fills_in_is_no_difference(
    tmp_path: Path, said: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert deltas(tmp_path, said, **shown) == []


@pytest.mark.parametrize(
    ("said", "shown", "name"),
    [
        ({"reasoning_effort": "low"}, {}, "reasoning_effort"),
        ({"verbosity": "low"}, {}, "verbosity"),
        ({"multi_agent": {"enabled": True}}, {}, "multi_agent"),
        ({"compaction": {"async": True}}, {}, "compaction"),
        ({"experimental": {"time_awareness": True}}, {"experimental": None}, "experimental"),
        ({"tools": []}, {"tools": [{"type": "automations"}]}, "tools"),
        ({"tools": [samples.tool("function")]}, {"tools": [{**FUNCTION, "async": True}]}, "tools"),
        (
            {"tools": [samples.tool("mcp")]},
            {"tools": [{**MCP, **FILLED, "allowed_tools": []}]},
            "tools",
        ),
        (
            {"tools": [samples.tool("mcp", credential="door")]},
            {"tools": [{**MCP, **FILLED, "credential_id": "cred_other"}]},
            "tools",
        ),
        (
            {"tools": [samples.tool("mcp")]},
            {"tools": [{**MCP, **FILLED, "credential_id": "cred_other"}]},
            "tools",
        ),
        ({"metadata": {}}, {"metadata": {"a": "b"}}, "metadata"),
    ],
    ids=str,
)
def test_what_somebody_changed_is_one(
    tmp_path: Path, said: dict[str, Any], shown: dict[str, Any], name: str
) -> None:
    assert [delta.name for delta in deltas(tmp_path, said, **shown)] == [name]


def test_a_difference_shows_no_more_than_what_differs(tmp_path: Path) -> None:
    said = {"tools": [samples.tool("mcp", credential="door", required=True)]}
    shown = {**MCP, **FILLED, "credential_id": "credential_door"}
    (delta,) = deltas(tmp_path, said, tools=[shown])
    credential = id_of(Address("credential", "door"))
    assert delta.before == [{**MCP, "required": False, "credential_id": credential}]
    assert delta.after == [{**MCP, "required": True, "credential_id": credential}]


# --- writing -----------------------------------------------------------------------------------


async def test_a_create_sends_what_is_named_with_the_marker(tmp_path: Path) -> None:
    said = {
        "verbosity": "low",
        "reasoning_effort": None,
        "environment": "lab",
        "vaults": ["keys"],
        "metadata": {"team": "education"},
        "tools": [samples.tool("mcp", credential="door")],
    }
    api = Recorder()
    made = await AgentAdapter(api).create(
        written(resolved(compiled(assistant(tmp_path, "agents", **said))))
    )
    assert (made.id, made.created_at) == ("agt_1", 7)
    ((path, body),) = api.sent
    assert path == "create /agents"
    assert body.pop("metadata").keys() == {"team", KEY}
    assert body == {
        "name": "tutor",
        "model": MODEL,
        "text": {"verbosity": "low"},
        "reasoning": None,
        "tools": [{**MCP, "credential_id": "credential_door"}],
    }


async def test_an_object_is_sent_whole_with_what_nobody_names() -> None:
    schema = {"type": "json_schema", "schema": {"type": "object"}}
    there = live(
        text={"format": schema, "verbosity": "high"},
        reasoning={"effort": "low", "summary": "concise"},
    )
    values = {"verbosity": "low", "reasoning_summary": None}
    assert await sent(values, changed=set(values), present=there) == {
        "text": {"format": schema, "verbosity": "low"},
        "reasoning": {"effort": "low"},
    }


async def test_what_leaves_the_manifest_goes_back_to_the_default() -> None:
    gone = {
        name: attribute.default
        for name, attribute in AGENT.attributes.items()
        if name not in ("model", "environment", "vaults", MARKER)
    }
    body = await sent(gone, changed=set(gone), applied={"experimental": {"time_awareness": True}})
    assert body.pop("metadata").keys() == {KEY}
    assert body == {
        "name": None,
        "instructions": None,
        "tools": [],
        "reasoning": None,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "service_tier": "auto",
        "multi_agent": {"enabled": False},
        "compaction": {"async": False},
        "experimental": {"time_awareness": False},
    }


async def test_an_experiment_that_is_no_longer_named_is_ended() -> None:
    body = await sent(
        {"experimental": {}},
        changed={"experimental"},
        applied={"experimental": {"time_awareness": True}},
    )
    assert body == {"experimental": {"time_awareness": False}}


async def test_metadata_keeps_what_nobody_manages() -> None:
    body = await sent({MARKER: "x"}, changed={MARKER}, present=live(metadata={"a": "b"}))
    assert body["metadata"].keys() == {"a", KEY}


async def test_what_only_sessions_get_is_not_sent() -> None:
    api, there = Recorder(), live()
    values = {"environment": "envtpl_1", "vaults": ["vault_1"]}
    after = await AgentAdapter(api).update("agt_1", written(values), there)
    assert (api.sent, after.id) == ([], "agt_1")


async def test_reading_and_deleting() -> None:
    api = Recorder({**PLAIN, "metadata": {"a": "b", KEY: "1/op/demo/default/assistant.tutor"}})
    adapter = AgentAdapter(api)
    ((found,),) = [page async for page in adapter.pages()]
    assert found.marker is not None
    assert found.values["metadata"] == {"a": "b"}
    assert await adapter.complete(found) is found
    assert await adapter.read("agt_1") == found
    assert await adapter.read("agt_2") is None
    await adapter.delete("agt_1")
    assert [request for request, _ in api.sent] == [
        "pages /agents of 100",
        "find /agents/agt_1",
        "find /agents/agt_2",
        "delete /agents/agt_1",
    ]


# --- sessions ----------------------------------------------------------------------------------


def test_a_session_gets_what_is_bound_to_the_agent() -> None:
    bound = {"model": MODEL, "environment": "envtpl_1", "vaults": ["vault_1", "vault_2"]}
    assert session_of(bound, "agt_1") == {
        "agent_id": "agt_1",
        "environment": {"type": "openai_hosted", "environment_template_id": "envtpl_1"},
        "vault_ids": ["vault_1", "vault_2"],
    }
    assert session_of({"vaults": []}, "agt_1") == {
        "agent_id": "agt_1",
        "environment": {"type": "none"},
    }


def test_a_session_is_what_the_sdk_takes() -> None:
    call = session_of({"environment": "envtpl_1", "vaults": ["vault_1"]}, "agt_1")
    known = session_create_params.SessionCreateParamsBase.__annotations__
    assert call.keys() <= known.keys()
    hosted = environment_param.EnvironmentParamOpenAIHosted.__annotations__
    assert call["environment"].keys() <= hosted.keys()
