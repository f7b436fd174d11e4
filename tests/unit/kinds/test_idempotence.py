"""After an apply nothing is left to do: for every kind and every field that the schema knows, on
every target that takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.test_scenarios import CASES_BY_NAME
from tests.worlds.world import World, a_world

from retinue.errors import ManifestError
from retinue.kinds.values import transform
from retinue.manifest.compose import load
from retinue.manifest.model import Assistant
from retinue.manifest.schema import manifest_schema
from retinue.manifest.schema_project import TARGETS
from retinue.targets.refusals import unsupported

DATA = Path(__file__).parents[2] / "cases" / "idempotence" / "fields.yaml"
CASES: dict[str, dict[str, Any]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
OF_AGENTS = ("environments", "vaults", "credentials", "skills", "automations")
"""Sections that an agent alone can use."""

PLUGIN = ".codex-plugin/plugin.json"
FILES = {
    "assistants/data/one.md": "first",
    "assistants/data/two.md": "second",
    "assistants/data/three.md": "third",
    "assistants/prompt.md": "Be brief.\n",
    "assistants/functions/one.json": json.dumps({"name": "one"}),
    "assistants/functions/two.json": json.dumps({"name": "two", "description": "2"}),
    "assistants/skills/latex/SKILL.md": "---\nname: latex\ndescription: Formulas.\n---\n",
    "assistants/skills/latex/macros.tex": "\\newcommand",
    "assistants/skills/latex/more/a.tex": "a",
    "assistants/skills/citing/SKILL.md": "---\nname: citing\ndescription: Quotes.\n---\n",
    f"assistants/plugins/notes/{PLUGIN}": '{"name": "notes", "description": "Finds."}',
    "assistants/plugins/notes/README.md": "Notes",
    f"assistants/plugins/plain/{PLUGIN}": '{"name": "plain", "description": "Plain."}',
    f"assistants/plugins/other/{PLUGIN}": '{"name": "notes", "description": "Other."}',
}
BEARER = {
    "vault": "keys",
    "type": "static_bearer",
    "mcp_server_url": "https://mcp.example/mcp",
    "token": "${env:ONE}",
}
AROUND: dict[str, dict[str, Any]] = {
    "files": {"one": {"path": "data/one.md"}, "two": {"path": "data/two.md"}},
    "vector_stores": {"papers": {}, "spare": {}},
    "vaults": {"keys": {}, "spare": {}},
    "credentials": {"door": BEARER, "gate": BEARER},
    "environments": {"lab": {}, "spare": {}},
    "skills": {"latex": {"path": "skills/latex"}},
}
"""What can be declared beside the resource in question."""
MADE_BY_HAND = {
    "environment": ("/agents/environments/templates", {"name": "theirs"}),
    "vaults": ("/vaults", {"name": "theirs"}),
}


def targets_of(section: str) -> tuple[str, ...]:
    """The targets that a section is gone through on."""
    if section.partition(".")[0] in OF_AGENTS:
        return ("agents",)
    return ("assistants",) if section.startswith(("files", "vector_stores")) else TARGETS


FIELDS = [
    (section, field, target)
    for section, fields in CASES.items()
    for field, case in fields.items()
    if "values" in case
    for target in targets_of(section)
]
NAMES = [".".join(each) for each in FIELDS]


# --- Every field has a case ------------------------------------------------------------------


def schema_fields() -> Iterator[tuple[str, str]]:
    """Every (section, field) that a manifest may have, nested sections by dotted path."""
    for section, schema in manifest_schema()["properties"].items():
        resource = schema.get("additionalProperties") or schema["items"]
        for field, inner in resource["properties"].items():
            if field == "lifecycle":
                yield from ((section, f"lifecycle.{each}") for each in inner["properties"])
            else:
                yield section, field
        yield from fields_by_type(section, resource)
        if section == "vector_stores":
            entry = resource["properties"]["files"]["items"]["properties"]
            yield from ((f"{section}.files", field) for field in entry)
        if section == "assistants":
            yield from fields_by_type("tools", resource["properties"]["tools"]["items"])


def fields_by_type(section: str, schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a mapping may have besides its type, for every type: those keys alone that say what."""
    for rule in schema.get("allOf", ()):
        if "type" in rule["if"].get("required", ()):
            kind = rule["if"]["properties"]["type"]["const"]
            fields = rule["then"]["properties"].items()
            yield from ((f"{section}.{kind}", name) for name, one in fields if one is not True)


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


# --- Every case settles ----------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.environ = {"ONE": "first-secret", "TWO": "second-secret", "PATH": "/usr/bin:/bin"}
        made.write(FILES)
        yield made


def test_every_value_is_taken_by_some_target(world: World) -> None:
    for section, field in dict.fromkeys((section, field) for section, field, _ in FIELDS):
        for value in CASES[section][field]["values"]:
            assert any(
                takes(world, project_with((section, field, target), says(section, field, value)))
                for target in targets_of(section)
            ), f"{section}.{field}: {value}"


@pytest.mark.parametrize(("section", "field", "target"), FIELDS, ids=NAMES)
def test_it_settles_or_the_target_says_why_not(
    section: str, field: str, target: str, world: World
) -> None:
    case = CASES[section][field]
    projects = [
        project_with((section, field, target), says(section, field, owned(value, field, world)))
        for value in case["values"]
    ]
    taken = [each for each in projects if takes(world, each)]
    if not taken:
        refuses(world, projects)
        return
    _, *changes = [settles(world, project) for project in [*taken, *taken[:1]]]
    silent = case.get("local") or field == "lifecycle.ignore_changes"
    assert any(changes) is (len(taken) > 1 and not silent)
    without = project_with((section, field, target), left_over(case))
    if not case.get("required") and takes(world, without):
        settles(world, without)


def says(section: str, field: str, value: Any) -> dict[str, Any]:
    """What a resource, or a tool, says in a case."""
    case = CASES[section][field]
    if case.get("whole"):
        return {**case.get("with", {}), **(value if isinstance(value, dict) else {field: value})}
    outer, _, inner = field.partition(".")
    rest = {} if case.get("alone") else case.get("with", {})
    return {**rest, outer: {inner: value} if inner else value}


def left_over(case: dict[str, Any]) -> dict[str, Any]:
    """What a resource says once the field has left the manifest."""
    return {"name": "plain"} if case.get("alone") else case.get("with", {})


def owned(value: Any, field: str, world: World) -> Any:
    """``value`` with the ID of an object of somebody else's in the place of ``theirs``."""

    def leaf(item: Any) -> Any:
        return theirs(field, world) if item == "theirs" else item

    return transform(value, leaf)


def theirs(field: str, world: World) -> str:
    """Something that a field can refer to, and that no manifest declares."""
    if field in MADE_BY_HAND:
        return str(world.by_hand("POST", *MADE_BY_HAND[field])["id"])
    if field == "credential":
        vault = theirs("vaults", world)
        auth = {"type": "static_bearer", "token": "t", "mcp_server_url": "https://mcp.example"}
        path = f"/vaults/{vault}/credentials"
        return str(world.by_hand("POST", path, {"name": "theirs", "auth": auth})["id"])
    if field == "skills":
        text = b"---\nname: theirs\ndescription: Theirs.\n---\n"
        files = [("files", ("theirs/SKILL.md", text))]
        return str(world.by_hand("POST", "/skills", files=files)["id"])
    return world.upload_by_hand("theirs.md", b"theirs")


def takes(world: World, project: dict[str, Any]) -> bool:
    """Whether the targets of all assistants can express what they say."""
    world.declare(project)
    found = load(world.project).resources.values()
    return not any(list(unsupported(each)) for each in found if isinstance(each, Assistant))


def refuses(world: World, projects: list[dict[str, Any]]) -> None:
    """What no target's assistant can say stops the plan, with the target's own codes."""
    for project in projects:
        world.declare(project)
        with pytest.raises(ManifestError) as caught:
            world.plan()
        errors = [p.code for p in caught.value.problems if p.severity == "error"]
        assert {code.rpartition("-")[0] for code in errors} == {"RTN-TARGET"}


def settles(world: World, project: dict[str, Any]) -> bool:
    """Declare ``project``; apply it; nothing is left to do. Whether there was anything to do."""
    world.declare(project)
    applied = world.apply()
    assert applied.outcome is None or applied.outcome.complete, applied.outcome.failed
    again = world.plan()
    assert again.plan.pending == ()
    assert again.plan.drift == ()
    _, sent = world.recorded(world.apply)
    assert [str(request) for request in sent if request.writes] == []
    return not applied.planned.plan.empty


def project_with(case: tuple[str, str, str], written: dict[str, Any]) -> dict[str, Any]:
    """A project in which one resource of a section, or one tool, says what is ``written``."""
    section, field, target = case
    tutor: dict[str, Any] = {"model": "some-model", "target": target}
    manifest = {name: dict(AROUND[name]) for name in surroundings(section, field)}
    manifest["assistants"] = {"tutor": tutor}
    if section.startswith("tools."):
        tutor["tools"] = [{"type": section.removeprefix("tools."), **written}]
    elif section == "vector_stores.files":
        manifest["vector_stores"]["papers"] = {"files": [written] if written else []}
    elif section == "functions":
        manifest["functions"] = {"act": written}
        tutor["tools"] = [{"type": "function", "function": "act"}]
    elif section == "automations":
        manifest["assistants"]["other"] = tutor
        manifest["automations"] = {"quiz": written}
    else:
        declare_one(manifest, section.partition(".")[0], written)
    return manifest


def surroundings(section: str, field: str) -> tuple[str, ...]:
    """The sections that a case needs besides its own, which are read in each of its plans."""
    if section in ("environments", "skills"):
        with_skills = "skills" in (section, field)
        return "files", *(("skills",) if with_skills else ()), "environments"
    if section.partition(".")[0] in OF_AGENTS or field in ("environment", "vaults", "credential"):
        return "vaults", "credentials", "environments"
    return "files", "vector_stores"


def declare_one(manifest: dict[str, Any], section: str, written: dict[str, Any]) -> None:
    """Let the one resource of a section that the others use say what is ``written``."""
    names = {
        "assistants": "tutor",
        "files": "one",
        "vector_stores": "papers",
        "vaults": "keys",
        "credentials": "door",
        "environments": "lab",
        "skills": "latex",
    }
    resources = manifest[section]
    name = names[section]
    present = resources[name] if section in ("assistants", "files") else {}
    resources[name] = {**present, **written}
