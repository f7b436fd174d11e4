"""The JSON Schemas of manifests: help for editors, and two validators that agree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from retinue.manifest import validate
from retinue.manifest.model import Json
from retinue.manifest.schema import function_schema, manifest_schema
from retinue.manifest.schema_project import project_schema
from retinue.manifest.source import parse
from retinue.manifest.validate import exact_errors, flaws, is_valid

ROOT = Path(__file__).parents[3]
CASES = sorted((ROOT / "tests" / "cases" / "manifests").glob("*.yaml"))
SCHEMAS = {
    "manifest": manifest_schema(),
    "project": project_schema(),
    "function": function_schema(),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_valid_and_fast_to_check(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    keywords = set(keywords_of(SCHEMAS[name]))
    assert not keywords & {"unevaluatedProperties", "unevaluatedItems", "$ref", "$dynamicRef"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_has_help_for_editors(name: str) -> None:
    assert [
        path for path, schema in properties_of(SCHEMAS[name]) if not schema.get("description")
    ] == []


def keywords_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, inner in schema.items():
            yield key
            yield from keywords_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from keywords_of(inner)


def properties_of(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the properties outside of `if`, whose schemas only ask."""
    if isinstance(schema, list):
        for inner in schema:
            yield from properties_of(inner, path)
    if not isinstance(schema, dict):
        return
    for key, inner in schema.get("properties", {}).items():
        if isinstance(inner, dict) and set(inner) != {"const"}:
            yield f"{path}.{key}", inner
        yield from properties_of(inner, f"{path}.{key}")
    for keyword in ("items", "additionalProperties", "then", "allOf"):
        yield from properties_of(schema.get(keyword), path)


def case_manifests() -> list[Json]:
    """Return every document of the data cases that can be read at all."""
    found: list[Json] = []
    for path in CASES:
        for case in yaml.safe_load(path.read_text(encoding="utf-8")).values():
            texts = [case.get("manifest"), *case.get("files", {}).values()]
            found += [parse(text, "a.yaml").value for text in texts if isinstance(text, str)]
    return [each for each in found if isinstance(each, dict)]


def agree(document: Json) -> None:
    fast = jsonschema_rs.Draft202012Validator(manifest_schema()).iter_errors(document)
    exact = list(exact_errors("manifest", document))
    assert bool(exact) is not is_valid("manifest", document)
    assert {tuple(error.instance_path) for error in fast} == {
        tuple(error.absolute_path) for error in exact
    }


def test_both_validators_agree_on_all_cases() -> None:
    documents = case_manifests()
    assert len(documents) > 80
    for document in documents:
        agree(document)


KEYS = st.sampled_from(
    [
        "assistants",
        "files",
        "vector_stores",
        "environments",
        "credentials",
        "automations",
        "skills",
        "variables",
        "network",
        "access",
        "token",
        "schedule",
        "cron",
        "targets",
        "agents",
        "tools",
        "type",
        "model",
        "file",
        "path",
        "id",
        "glob",
        "metadata",
        "retinue",
        "a",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 300)
    | st.sampled_from(
        [
            *("code_interpreter", "file_search", "web_search", "mcp", "static_bearer"),
            *("restricted", "auto", "a\n", "gpt-4o", "x/y", "https://a.example", ""),
        ]
    )
)
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, DOCUMENTS, max_size=2), max_size=3))
def test_both_validators_agree_on_anything(document: dict[str, Json]) -> None:
    agree(document)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, DOCUMENTS, max_size=2), max_size=3))
def test_whatever_is_refused_is_explained(value: dict[str, Json]) -> None:
    document = parse(yaml.safe_dump(value), "a.yaml")
    found = flaws(document, "manifest")
    assert bool(found) is not is_valid("manifest", value)
    assert "RTN-MANIFEST-SCHEMA" not in {flaw.problem.code for flaw in found}


@pytest.mark.parametrize("value", [["shell"], {"shell": 1}, 5, True])
def test_a_word_can_be_anything_else(value: Json) -> None:
    tools = yaml.safe_dump({"assistants": {"a": {"model": "m", "tools": [{"type": value}]}}})
    found = flaws(parse(tools, "a.yaml"), "manifest")
    assert [flaw.problem.code for flaw in found] == ["RTN-MANIFEST-VALUE"]


def test_without_the_fast_validator_the_other_one_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    validate._fast.cache_clear()
    try:
        assert is_valid("manifest", {"assistants": {"a": {"model": "m"}}})
        assert not is_valid("manifest", {"assistants": {"a": {}}})
    finally:
        validate._fast.cache_clear()


def test_what_only_one_validator_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "_fast", lambda _: lambda _: False)
    found = flaws(parse("assistants: {a: {model: m}}", "a.yaml"), "manifest")
    assert [flaw.problem.code for flaw in found] == ["RTN-MANIFEST-SCHEMA"]
