"""Nothing is dropped silently: what a manifest says is in what is compiled, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.targets import samples
from tests.unit.targets.making import assistant, compiled, declaring

from retinue.errors import ManifestError
from retinue.manifest.compose import load
from retinue.manifest.model import Assistant, Declared
from retinue.manifest.schema import ASSISTANT_FIELDS
from retinue.manifest.schema_project import TARGETS
from retinue.manifest.schema_tools import TOOL_TYPES
from retinue.problem import Problem
from retinue.targets import closed, models
from retinue.targets.codes import CODES
from retinue.targets.refusals import RULES, unsupported
from retinue.targets.registry import COMPILERS

MARK = "RTN-TARGET-"


def refused(root: Path, target: str, **written: Any) -> list[Problem]:
    return list(unsupported(assistant(root, target, **written)))


def checked(resources: Iterable[Declared]) -> Iterator[Problem]:
    """What a load is to look for besides: what targets don't take."""
    for each in resources:
        if isinstance(each, Assistant):
            yield from unsupported(each)


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code.removeprefix(MARK) for problem in problems]


def is_expressed(root: Path, target: str, plain: dict[str, Any], more: dict[str, Any]) -> bool:
    """Whether ``more`` makes a difference to what the engine compares and the adapter sends."""
    before, after = (compiled(assistant(root, target, **each)) for each in (plain, more))
    assert after.values.keys() <= after.type.attributes.keys()
    return before.values != after.values


@pytest.mark.parametrize(
    "store", ["paper", {"id": 5}, {"idd": "vs_1"}, 5, None, {"id": "file-1"}], ids=str
)
def test_a_store_that_is_named_wrongly_is_no_missing_one(tmp_path: Path, store: Any) -> None:
    tools = [{"type": "file_search", "vector_store": store}]
    with pytest.raises(ManifestError) as caught:
        load(declaring(tmp_path, {"tools": tools}), target="responses", check=checked)
    assert all(each.code.startswith("RTN-MANIFEST-") for each in caught.value.problems)


def test_there_is_a_sample_of_everything() -> None:
    assert set(samples.FIELDS) == {*ASSISTANT_FIELDS, "environment", "vaults"}
    assert set(samples.TOOLS) == set(TOOL_TYPES)
    assert set(samples.OPTIONS) == set(samples.options_of_the_schema())


def test_every_target_can_be_compiled() -> None:
    assert set(COMPILERS) == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", samples.FIELDS)
def test_a_field_is_expressed_or_refused(tmp_path: Path, target: str, name: str) -> None:
    more = {name: samples.FIELDS[name]}
    problems = refused(tmp_path, target, **more)
    assert codes(problems) in ([], ["FIELD"])
    assert problems or is_expressed(tmp_path, target, {}, more)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("type_", samples.TOOLS)
def test_a_tool_is_expressed_or_refused(tmp_path: Path, target: str, type_: str) -> None:
    more = {"tools": [samples.tool(type_)]}
    problems = refused(tmp_path, target, **more)
    if type_ == "retrieval" and target == "responses":  # a search without a store
        assert codes(problems) == ["OPTION"]
        return
    assert codes(problems) in ([], ["TOOL"])
    if not problems:
        (tool,) = compiled(assistant(tmp_path, target, **more)).values["tools"]
        assert tool["type"] == {"retrieval": "file_search"}.get(type_, type_)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("type_", "key"), samples.OPTIONS)
def test_an_option_is_expressed_or_refused(
    tmp_path: Path, target: str, type_: str, key: str
) -> None:
    plain = {"tools": [samples.tool(type_)]}
    more = {"tools": [samples.tool(type_, **samples.OPTIONS[type_, key])]}
    problems = refused(tmp_path, target, **more)
    if refused(tmp_path, target, **plain):  # the whole tool is
        assert "TOOL" in codes(problems)
        return
    assert codes(problems) in ([], ["OPTION"])
    assert problems or is_expressed(tmp_path, target, plain, more)


STRICT = {"name": "sum_up", "parameters": {"type": "object", "properties": {}}, "strict": True}
STRICT["parameters"] |= {"required": [], "additionalProperties": False}  # type: ignore[operator]


def form(**body: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "sum", **body}}}


@pytest.mark.parametrize(
    ("written", "refusing"),
    [
        ({"tools": [{"type": "function", "function": STRICT}]}, ["agents"]),
        ({"tools": [{"type": "function", "function": {**STRICT, "strict": False}}]}, []),
        ({"tools": ["file_search"]}, ["responses", "agents"]),
        ({"response_format": "auto"}, []),
        ({"response_format": {"type": "text"}}, []),
        (
            {"response_format": {"type": "json_object"}, "instructions": "Answer in JSON."},
            ["agents"],
        ),
        (form(), ["responses", "agents"]),
        (form(schema=samples.SCHEMA), []),
        (form(schema=samples.SCHEMA, description="A sum"), ["agents"]),
        (form(schema=samples.SCHEMA, strict=False), ["agents"]),
        ({"reasoning_effort": None}, []),
    ],
    ids=str,
)
def test_what_depends_on_the_value(
    tmp_path: Path, written: dict[str, Any], refusing: list[str]
) -> None:
    assert [target for target in TARGETS if refused(tmp_path, target, **written)] == refusing


def many(number: int) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": f"f{n}"}} for n in range(number)]


def huge(size: int) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": "f", "description": "x" * size}}]


@pytest.mark.parametrize(
    ("target", "most", "too_much"),
    [
        ("assistants", {"instructions": "x" * 256_000}, {"instructions": "x" * 256_001}),
        ("assistants", {"tools": many(128)}, {"tools": many(129)}),
        ("agents", {"name": "x" * 128}, {"name": "x" * 129}),
        ("agents", {"tools": huge(3_145_000)}, {"tools": huge(3_145_728)}),
        (
            "assistants",
            {
                "tools": [
                    {"type": "code_interpreter", "files": [{"id": f"f{n}"} for n in range(20)]}
                ]
            },
            {
                "tools": [
                    {"type": "code_interpreter", "files": [{"id": f"f{n}"} for n in range(21)]}
                ]
            },
        ),
    ],
    ids=["instructions", "tools", "name", "bytes", "files"],
)
def test_limits(
    tmp_path: Path, target: str, most: dict[str, Any], too_much: dict[str, Any]
) -> None:
    assert refused(tmp_path, target, **most) == []
    assert codes(refused(tmp_path, target, **too_much)) == ["LIMIT"]


def test_a_refusal_says_what_where_and_the_ways_out(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "agents", tools=[samples.tool("file_search")])
    assert problem.message == (
        "assistant.tutor has the tool file_search, which target agents can't express"
    )
    assert problem.hint == (
        "give it a function of your own that searches the vector store "
        "(POST /vector_stores/{id}/search), or an MCP server that does; or leave it out; "
        "or say it otherwise there: targets: {agents: {tools: …}}; "
        "or use target assistants or responses"
    )
    (problem,) = refused(tmp_path, "assistants", instructions="x" * 300_000)
    assert problem.message == (
        "assistant.tutor has instructions of 300,000 characters; "
        "target assistants takes 256,000 at most"
    )
    assert problem.severity == "error"


def test_a_refusal_points_at_the_part(tmp_path: Path) -> None:
    more = {"tools": [samples.tool("mcp", required=True)], "vaults": ["keys"]}
    places = [problem.place for problem in refused(tmp_path, "responses", **more)]
    text = (tmp_path / "assistants" / "team.yaml").read_text()
    assert [text[place.column - 1 :][:8] for place in places] == ['["keys"]', "true}], "]


def test_what_a_target_has_instead_is_no_loss(tmp_path: Path) -> None:
    written = {"temperature": 0.2, "targets": {"agents": {"temperature": None}}}
    assert [t for t in TARGETS if refused(tmp_path, t, **written)] == []


def test_every_code_is_listed_and_every_listed_one_is_raised() -> None:
    text = "".join(Path(str(each.__file__)).read_text("utf-8") for each in (models, closed))
    raised = {rule.code for rule in RULES} | set(re.findall(r"RTN-(?:MODEL|TARGET)-[A-Z]+", text))
    assert raised == set(CODES)


def test_no_row_is_there_twice() -> None:
    rows = [(rule.target, rule.subject) for rule in RULES]
    assert len(rows) == len(set(rows))


def test_retrieval_is_called_as_it_is_written(tmp_path: Path) -> None:
    """Nobody finds file_search in a manifest that does not say it."""
    (problem,) = refused(tmp_path, "agents", tools=["retrieval"])
    assert problem.message == (
        "assistant.tutor has the tool retrieval, which target agents can't express"
    )


def test_no_way_out_leads_to_a_target_that_is_closed(tmp_path: Path) -> None:
    declared = assistant(tmp_path, "agents", tools=["file_search"])
    (problem,) = unsupported(declared)
    assert (problem.hint or "").endswith("use target assistants")
    (problem,) = unsupported(declared, among=("responses", "agents"))
    assert "use target" not in (problem.hint or "")
