"""After an apply nothing is left to do: for every kind and every field that the schema knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.test_scenarios import CASES_BY_NAME
from tests.worlds.world import World, a_world

from retinue.manifest.schema import manifest_schema

DATA = Path(__file__).parents[2] / "cases" / "idempotence" / "fields.yaml"
CASES: dict[str, dict[str, Any]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
MINIMAL: dict[str, dict[str, Any]] = {
    "assistants": {"model": "gpt-4o"},
    "files": {"path": "data/one.md"},
    "vector_stores": {},
    "functions": {},
}
FIELDS = [
    (section, field)
    for section, fields in CASES.items()
    for field, case in fields.items()
    if "values" in case
]


def schema_fields() -> Iterator[tuple[str, str]]:
    """Every (section, field) that a manifest may have, nested sections by dotted path."""
    for section, schema in manifest_schema()["properties"].items():
        resource = schema.get("additionalProperties") or schema["items"]
        for field, inner in resource["properties"].items():
            if field == "lifecycle":
                yield from ((section, f"lifecycle.{each}") for each in inner["properties"])
            else:
                yield section, field
        if section == "vector_stores":
            entry = resource["properties"]["files"]["items"]["properties"]
            yield from ((f"{section}.files", field) for field in entry)
        if section == "assistants":
            yield from tool_fields(resource["properties"]["tools"]["items"])


def tool_fields(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in schema["allOf"]:
        if "required" in rule["if"]:
            section = "tools." + rule["if"]["properties"]["type"]["const"]
            fields = rule["then"]["properties"].keys() - {"type"}
            yield from ((section, field) for field in sorted(fields))


def test_every_field_of_the_schema_has_a_case() -> None:
    cases = {(section, field) for section, fields in CASES.items() for field in fields}
    assert cases == set(schema_fields())


def test_every_tool_of_the_schema_has_a_case() -> None:
    tools = manifest_schema()["properties"]["assistants"]["additionalProperties"]["properties"]
    types = tools["tools"]["items"]["properties"]["type"]["enum"]
    assert {f"tools.{each}" for each in types} == {s for s in CASES if s.startswith("tools.")}


def test_what_scenarios_cover_exists() -> None:
    covered = [c["covered"] for fields in CASES.values() for c in fields.values() if "covered" in c]
    assert covered
    assert set(covered) <= CASES_BY_NAME.keys()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.write(
            {
                "assistants/data/one.md": "first",
                "assistants/data/two.md": "second",
                "assistants/data/three.md": "third",
                "assistants/prompt.md": "Be brief.\n",
                "assistants/functions/one.json": json.dumps({"name": "one"}),
                "assistants/functions/two.json": json.dumps({"name": "two", "description": "2"}),
            }
        )
        yield made


@pytest.mark.parametrize(("section", "field"), FIELDS, ids=".".join)
def test_nothing_is_left_to_do(section: str, field: str, world: World) -> None:
    case = CASES[section][field]
    rest = {} if case.get("alone") else case.get("with", {})
    theirs = world.upload_by_hand("theirs.md", b"theirs") if field == "id" else ""
    for number, value in enumerate([*case["values"], *case["values"][:1]]):
        written = {**rest, **named(field, theirs or value)}
        if number and case.get("local"):
            world.declare(project_with(section, written))
            assert world.plan().plan.empty
        settles(world, section, written)
    if not case.get("required"):
        settles(world, section, {"name": "plain"} if case.get("alone") else rest)


def named(field: str, value: Any) -> dict[str, Any]:
    outer, _, inner = field.partition(".")
    return {outer: {inner: value} if inner else value}


def settles(world: World, section: str, written: dict[str, Any]) -> None:
    """Declare a project with ``written`` in ``section``; apply it; nothing is left to do."""
    world.declare(project_with(section, written))
    applied = world.apply()
    assert applied.outcome is None or applied.outcome.complete, applied.outcome.failed
    again = world.plan()
    assert again.plan.pending == ()
    assert again.plan.drift == ()
    _, sent = world.recorded(world.apply)
    assert [str(request) for request in sent if request.writes] == []


def project_with(section: str, written: dict[str, Any]) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "assistants": {"tutor": {"model": "gpt-4o"}},
        "files": {"one": {"path": "data/one.md"}, "two": {"path": "data/two.md"}},
        "vector_stores": {"papers": {}, "spare": {}},
    }
    if section.startswith("tools."):
        tool = {"type": section.removeprefix("tools."), **written}
        manifest["assistants"]["tutor"]["tools"] = [tool]
    elif section == "vector_stores.files":
        manifest["vector_stores"]["papers"] = {"files": [written] if written else []}
    elif section == "functions":
        manifest["functions"] = {"act": written}
        tools = [{"type": "function", "function": "act"}]
        manifest["assistants"]["tutor"]["tools"] = tools
    else:
        name = {"assistants": "tutor", "files": "one", "vector_stores": "papers"}[section]
        manifest[section][name] = {**MINIMAL[section], **written}
    return manifest
