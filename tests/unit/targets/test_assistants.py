"""What an assistant is on the Assistants API, and which differences count."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.targets.making import seal

from retinue.address import Address
from retinue.engine.diff import compare
from retinue.kinds.base import MARKER, Resource
from retinue.kinds.desired import Context
from retinue.kinds.marker import Owner
from retinue.kinds.values import Ref
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    ExternalId,
    FileSearch,
    FunctionTool,
    Lifecycle,
    Mcp,
    PlainTool,
    Tool,
    WebSearch,
)
from retinue.problem import FixedPlace, Place
from retinue.targets.assistants import compile_assistant

TUTOR = Address("assistant", "tutor")
PAPER, PAPERS = Address("file", "paper"), Address("vector_store", "papers")


def compiled(
    *tools: Tool, fields: dict[str, Any] | None = None, ignored: tuple[str, ...] = ()
) -> Resource:
    assistant = Assistant(
        address=TUTOR,
        target="assistants",
        fields=fields or {},
        tools=tools or None,
        lifecycle=Lifecycle(ignore_changes=ignored),
        places=FixedPlace(Place("a.yaml")),
    )
    return compile_assistant(assistant, Context(Owner("demo", "default"), {}, seal))


def test_only_what_the_manifest_names_is_wanted_and_the_marker() -> None:
    assert compiled(fields={"name": "n"}).values == {
        "name": "n", MARKER: "demo/default/assistant.tutor"}  # fmt: skip


def test_tools_carry_their_resources_as_references() -> None:
    tutor = compiled(
        CodeInterpreter((PAPER, ExternalId("file", "file-x"))),
        FileSearch(PAPERS, {"max_num_results": 8}),
    )
    assert tutor.values["tools"] == [
        {"type": "code_interpreter"},
        {"type": "file_search", "file_search": {"max_num_results": 8}},
    ]
    assert tutor.values["tool_resources"] == {
        "code_interpreter": {"file_ids": [Ref(PAPER), "file-x"]},
        "file_search": {"vector_store_ids": [Ref(PAPERS)]},
    }
    assert tutor.depends_on == (PAPER, PAPERS)


def test_a_tool_that_names_no_resource_manages_none() -> None:
    assert compiled(CodeInterpreter(), FileSearch()).values["tool_resources"] == {}


def test_tools_of_other_types_were_to_be_refused_before() -> None:
    for tool in (PlainTool({"type": "tool_search"}), WebSearch(), Mcp("far")):
        with pytest.raises(AssertionError, match="target assistants has no"):
            compiled(tool)


def test_ignoring_tools_ignores_their_resources() -> None:
    assert compiled(ignored=("tools",)).ignore_changes == {"tools", "tool_resources"}


ADD = {"name": "add"}
SEARCH = {"type": "file_search"}
FILLED = {
    "type": "file_search",
    "file_search": {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0}},
}


@pytest.mark.parametrize(
    ("tools", "live", "same"),
    [
        ([FunctionTool(ADD)], [{"type": "function", "function": {**ADD, "strict": False}}], True),
        ([FunctionTool({**ADD, "strict": False})], [{"type": "function", "function": ADD}], True),
        ([FunctionTool({**ADD, "strict": True})], [{"type": "function", "function": ADD}], False),
        ([FunctionTool(ADD)], [{"type": "function", "function": {"name": "sum"}}], False),
        ([FileSearch()], [FILLED], True),
        ([FileSearch(options={"max_num_results": 8})], [SEARCH], False),
        ([CodeInterpreter(), FileSearch()], [SEARCH, {"type": "code_interpreter"}], False),
        ([CodeInterpreter()], [{"type": "code_interpreter"}, SEARCH], False),
        ([FunctionTool(ADD)],
         [{"type": "function", "function": {**ADD, "description": None}}], True),
    ],
)  # fmt: skip
def test_what_the_server_fills_in_is_no_difference(
    tools: list[Tool], live: list[dict[str, Any]], *, same: bool
) -> None:
    wanted = compiled(*tools)
    values = {**wanted.values, "tool_resources": {}}
    result = compare(wanted, values, values, {**values, "tools": live})
    assert (result.deltas == ()) is same


@pytest.mark.parametrize(
    "live",
    [
        {"code_interpreter": {"file_ids": ["b", "a"]}},
        {"code_interpreter": {"file_ids": ["a", "b"]}, "file_search": {"vector_store_ids": []}},
        {"code_interpreter": {"file_ids": ["a", "b"]}, "file_search": {"vector_store_ids": ["x"]}},
    ],
)
def test_order_and_resources_that_nobody_named_are_no_difference(live: dict[str, Any]) -> None:
    wanted = compiled(CodeInterpreter((ExternalId("file", "a"), ExternalId("file", "b"))))
    result = compare(
        wanted, wanted.values, wanted.values, {**wanted.values, "tool_resources": live}
    )
    assert result.deltas == ()
