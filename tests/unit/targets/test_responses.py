"""What an assistant is on the Responses API: a whole request, and a release of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openai.types.responses import (
    FileSearchToolParam,
    FunctionToolParam,
    ToolSearchToolParam,
    WebSearchToolParam,
    response_create_params,
    tool_param,
)
from tests.unit.targets import samples
from tests.unit.targets.making import (
    MODEL,
    TUTOR,
    assistant,
    compiled,
    hold_against,
    resolved,
    written,
)
from tests.worlds.world import World, a_world

from retinue.address import Address
from retinue.engine.diff import compare
from retinue.kinds.api import Api
from retinue.kinds.base import Live
from retinue.kinds.values import Ref, digest
from retinue.targets.refusals import unsupported
from retinue.targets.responses import RESPONSE, ResponseAdapter, release_of, request_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def values(root: Path, **said: Any) -> dict[str, Any]:
    return dict(compiled(assistant(root, "responses", **said)).values)


def tools(root: Path, *said: dict[str, Any]) -> Any:
    return values(root, tools=list(said))["tools"]


# --- the request -------------------------------------------------------------------------------


def test_a_request_has_what_the_manifest_names_and_nothing_else(tmp_path: Path) -> None:
    assert values(tmp_path) == {"name": "tutor", "model": MODEL}


def test_fields_stand_where_the_request_has_them(tmp_path: Path) -> None:
    said = {name: samples.FIELDS[name] for name in samples.FIELDS if name in _TAKEN}
    assert values(tmp_path, **said) == {
        "name": "Tutor",
        "model": "another-model",
        "description": "Helps.",
        "instructions": "Be brief.",
        "temperature": 0.2,
        "top_p": 0.5,
        "reasoning": {"effort": "low", "summary": "concise"},
        "text": {
            "format": {"type": "json_schema", "name": "sum", "schema": samples.SCHEMA},
            "verbosity": "low",
        },
        "service_tier": "flex",
        "max_output_tokens": 500,
        "max_tool_calls": 3,
        "parallel_tool_calls": False,
        "truncation": "auto",
        "metadata": {"team": "education"},
    }


_TAKEN = samples.FIELDS.keys() - {
    "multi_agent",
    "compaction",
    "experimental",
    "environment",
    "vaults",
}


def test_tools_carry_what_they_use(tmp_path: Path) -> None:
    resource = compiled(
        assistant(
            tmp_path,
            "responses",
            tools=[
                {"type": "code_interpreter", "files": ["notes", {"id": "file-x"}]},
                {"type": "file_search", "vector_store": "papers", "max_num_results": 8},
            ],
        )
    )
    notes, papers = Address("file", "notes"), Address("vector_store", "papers")
    assert resource.values["tools"] == [
        {
            "type": "code_interpreter",
            "container": {"type": "auto", "file_ids": [Ref(notes), "file-x"]},
        },
        {"type": "file_search", "vector_store_ids": [Ref(papers)], "max_num_results": 8},
    ]
    assert resource.depends_on == (notes, papers)


def test_a_code_interpreter_without_files(tmp_path: Path) -> None:
    assert tools(tmp_path, samples.tool("code_interpreter")) == [
        {"type": "code_interpreter", "container": {"type": "auto"}}
    ]


def test_a_function_is_flat_and_says_whether_it_is_strict(tmp_path: Path) -> None:
    strict = {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }
    made = tools(
        tmp_path,
        {"type": "function", "function": "quiz", "defer_loading": True},
        {"type": "function", "function": {"name": "f", "parameters": strict, "strict": True}},
    )
    assert made == [
        {
            "type": "function",
            "name": "quiz",
            "description": "Sets a quiz.",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
            "defer_loading": True,
        },
        {"type": "function", "name": "f", "parameters": strict, "strict": True},
    ]


def test_web_search(tmp_path: Path) -> None:
    said = {
        "allowed_domains": ["notes.example"],
        "context_size": "high",
        "location": {"country": "NO"},
        "mode": "cached",
    }
    assert tools(tmp_path, {"type": "web_search", **said}) == [
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["notes.example"]},
            "search_context_size": "high",
            "user_location": {"type": "approximate", "country": "NO"},
            "external_web_access": False,
        }
    ]
    assert tools(tmp_path, {"type": "web_search", "mode": "live"}) == [
        {"type": "web_search", "external_web_access": True}
    ]


def test_a_tool_that_is_turned_off_is_not_there(tmp_path: Path) -> None:
    off = ({"type": "web_search", "mode": "disabled"},
           {"type": "programmatic_tool_calling", "enabled": False})  # fmt: skip
    assert tools(tmp_path, *off) == []


def test_mcp(tmp_path: Path) -> None:
    more = {"allowed_tools": ["look"], "require_approval": "never", "headers": {"X-A": "b"}}
    assert tools(tmp_path, samples.tool("mcp", **more)) == [
        {"type": "mcp", "server_label": "far", "server_url": samples.FAR, **more}
    ]


# --- against OpenAI's own descriptions ---------------------------------------------------------


def everything(root: Path) -> list[dict[str, Any]]:
    """A request for each field, tool and option that the target takes."""
    fields = ({name: samples.FIELDS[name]} for name in _TAKEN)
    tools = (samples.tool(t, **samples.OPTIONS[t, k]) for t, k in samples.OPTIONS)
    alone = (samples.tool(type_) for type_ in samples.TOOLS)
    said = [*fields, *({"tools": [tool]} for tool in (*alone, *tools))]
    made = [assistant(root, "responses", **each) for each in said]
    return [request_of(resolved(compiled(each))) for each in made if not list(unsupported(each))]


def test_requests_are_what_the_description_says(tmp_path: Path) -> None:
    requests = everything(tmp_path)
    assert len(requests) > 50
    for request in requests:
        hold_against("CreateResponse", request)


def test_requests_have_no_key_that_the_sdk_does_not_know(tmp_path: Path) -> None:
    known: dict[str, Any] = {
        "code_interpreter": tool_param.CodeInterpreter,
        "file_search": FileSearchToolParam,
        "function": FunctionToolParam,
        "image_generation": tool_param.ImageGeneration,
        "mcp": tool_param.Mcp,
        "programmatic_tool_calling": tool_param.ProgrammaticToolCalling,
        "tool_search": ToolSearchToolParam,
        "web_search": WebSearchToolParam,
    }
    base = response_create_params.ResponseCreateParamsBase
    for request in everything(tmp_path):
        assert request.keys() <= base.__annotations__.keys()
        for tool in request.get("tools", ()):
            type_ = known[tool["type"]]
            keys = {*type_.__required_keys__, *type_.__optional_keys__}
            assert tool.keys() <= keys


# --- releases ----------------------------------------------------------------------------------


def adapter() -> ResponseAdapter:
    api: Any = None
    asked: Api = api  # a release asks nobody
    return ResponseAdapter(asked)


async def test_releases_are_numbered() -> None:
    wanted = {"name": "Tutor", "description": "Helps.", "model": MODEL, "temperature": None}
    first = await adapter().create(written(wanted))
    assert first.id == "tutor@1"
    assert first.values["digest"] == digest({"model": MODEL})
    moved = {**wanted, "temperature": 0.5, "digest": first.values["digest"]}
    second = await adapter().update("tutor@9", written(moved), first)
    assert (second.id, release_of(second.id)) == ("tutor@10", 10)
    assert second.values["digest"] == digest({"model": MODEL, "temperature": 0.5})


async def test_the_platform_knows_nothing_of_releases() -> None:
    assert [page async for page in adapter().pages()] == []
    assert await adapter().read("tutor@1") is None
    live = Live(id="tutor@1", values={})
    assert await adapter().complete(live) is live
    await adapter().delete("tutor@1")


def test_a_request_says_nothing_that_is_only_for_us() -> None:
    recorded = {
        "name": "Tutor",
        "description": "Helps.",
        "model": MODEL,
        "reasoning": {"effort": None},
        "temperature": 0,
        "parallel_tool_calls": False,
        "top_p": None,
        "tools": [],
        "metadata": {},
        "digest": "0",
    }
    assert request_of(recorded) == {
        "model": MODEL,
        "reasoning": {"effort": None},
        "temperature": 0,
        "parallel_tool_calls": False,
    }


@pytest.mark.parametrize(
    ("applied", "said", "same"),
    [
        ({}, {"tools": []}, True),
        ({"metadata": {}}, {}, True),
        ({"temperature": 0.5}, {}, False),
        ({"text": {"verbosity": "low"}}, {"verbosity": "low"}, True),
        ({"text": {"verbosity": "low"}}, {"verbosity": "high"}, False),
        ({"description": "Helps."}, {}, False),
    ],
    ids=str,
)
def test_what_makes_a_new_release(
    tmp_path: Path, applied: dict[str, Any], said: dict[str, Any], *, same: bool
) -> None:
    resource = compiled(assistant(tmp_path, "responses", **said))
    recorded = {"name": "tutor", "model": MODEL, "digest": "d", **applied}
    found = compare(resource, resource.values, recorded, recorded)
    assert (found.deltas == ()) is same
    assert found.drift == ()


def test_nobody_else_changes_a_release(tmp_path: Path) -> None:
    said = {"temperature": 0.5, "lifecycle": {"ignore_changes": ["temperature"], "protect": True}}
    resource = compiled(assistant(tmp_path, "responses", **said))
    assert resource.ignore_changes == frozenset()
    assert resource.protect
    assert resource.address == TUTOR
    assert resource.type is RESPONSE


# --- a life ------------------------------------------------------------------------------------


def test_a_release_follows_what_it_uses(tmp_path: Path) -> None:
    with a_world(tmp_path / "world") as world:
        world.write({"retinue.yaml": "project: demo\ntarget: responses\n"})

        def apply(text: str, **said: Any) -> dict[str, Any]:
            world.write({"assistants/notes.md": text})
            tool = {"type": "code_interpreter", "files": [{"path": "notes.md"}]}
            tutor = {"model": MODEL, "tools": [tool], **said}
            return _applied(world, {"assistants": {"tutor": tutor}})

        first = apply("one")
        assert world.id_of("assistant.tutor") == "tutor@1"
        assert first["container"]["file_ids"] == [world.id_of("file.assistants/notes.md")]
        assert apply("one") == first
        assert world.id_of("assistant.tutor") == "tutor@1"
        assert apply("two")["container"]["file_ids"] != first["container"]["file_ids"]
        assert world.id_of("assistant.tutor") == "tutor@2"
        apply("two", temperature=0.1)
        apply("two")
        assert world.id_of("assistant.tutor") == "tutor@4"


def test_a_release_that_is_moved_leaves_its_name_to_another(tmp_path: Path) -> None:
    with a_world(tmp_path / "world") as world:
        world.write({"retinue.yaml": "project: demo\ntarget: responses\n"})
        maths = {"name": "Tutor", "model": MODEL}
        world.declare({"assistants": {"tutor": maths}})
        world.apply()
        moved = [{"from": "assistant.tutor", "to": "assistant.maths"}]
        world.declare({"assistants": {"maths": maths}, "moved": moved})
        world.apply()
        assert world.ids() == {"assistant.maths": "maths@2"}
        assert world.plan().plan.empty
        world.declare({"assistants": {"maths": maths, "tutor": {"model": MODEL}}})
        world.apply()
        assert world.ids() == {"assistant.maths": "maths@2", "assistant.tutor": "tutor@1"}


def _applied(world: World, manifest: dict[str, Any]) -> dict[str, Any]:
    """The one tool of the request, once nothing is left to do."""
    world.declare(manifest)
    world.apply()
    assert world.plan().plan.pending == ()
    entry = world.state.entries[TUTOR]
    (tool,) = request_of(entry.values)["tools"]
    assert entry.values["digest"] == digest(request_of(entry.values))
    found: dict[str, Any] = tool
    return found
