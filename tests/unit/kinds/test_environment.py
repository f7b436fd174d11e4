"""Environments against the shapes of the SDK: what can be read, what can't, what goes back."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.beta.agents.environments import (
    EnvironmentTemplate,
    TemplateCreateParams,
    TemplateUpdateParams,
)
from tests.support import recorder
from tests.support.recorder import (
    PLACES,
    Recorder,
    changed,
    created,
    fits,
    secret,
    updated,
    wanted,
    write,
)

from retinue.address import Address
from retinue.engine.diff import compare
from retinue.kinds.base import Resource
from retinue.kinds.environment import EnvironmentAdapter, compile_environment
from retinue.kinds.values import Sealed, Unknown
from retinue.manifest.model import (
    Environment,
    EnvironmentFile,
    ExternalId,
    Lifecycle,
    SkillUse,
)

PATH = "/agents/environments/templates"
NOTES = Address("file", "notes")
CITING = Address("skill", "citing")

BARE: dict[str, Any] = {
    "id": "envtpl_1",
    "capability_directories": [],
    "created_at": 7,
    "files": [],
    "name": "Lab",
    "network": {"access": "enabled", "allowed_domains": []},
    "object": "agent.environment.template",
    "packages": {"npm": [], "python": [], "system": []},
    "plugins": [],
    "skills": [],
    "updated_at": 7,
    "desktop": None,
}
"""What the platform fills in where nothing but a name was sent."""

FULL: dict[str, Any] = {
    **BARE,
    "capability_directories": ["/workspace/tools"],
    "files": [{"type": "file_id", "file_id": "id-of-notes", "path": "/workspace/notes.md"}],
    "network": {"access": "restricted", "allowed_domains": ["a.example", "b.example"]},
    "packages": {"npm": [], "python": ["numpy", "sympy"], "system": []},
    "skills": [
        {"type": "skill_reference", "skill_id": "id-of-citing", "version": None},
        {"type": "skill_reference", "skill_id": "skill_theirs", "version": "latest"},
    ],
    "desktop": {"enabled": True},
}

FIELDS: dict[str, Any] = {
    "network": {"access": "restricted", "allowed_domains": ["B.example", "a.example"]},
    "packages": {"python": ["sympy", "numpy"]},
    "setup_commands": [{"command": "make"}],
    "capability_directories": ["/workspace/tools"],
    "desktop": {"enabled": True},
}
PARTS: dict[str, Any] = {
    "files": (EnvironmentFile("/workspace/notes.md", NOTES),),
    "skills": (SkillUse(ExternalId("skill", "skill_theirs"), "latest"), SkillUse(CITING)),
    "variables": {"MODE": "exam", "TOKEN": secret("LAB_TOKEN")},
}


def resource(
    fields: dict[str, Any] | None = None, *, ignore: tuple[str, ...] = (), **parts: Any
) -> Resource:
    environment = Environment(
        address=Address("environment", "lab"),
        fields={"name": "Lab", **(fields or {})},
        lifecycle=Lifecycle(ignore_changes=ignore),
        places=PLACES,
        **{**dict.fromkeys(("files", "skills", "variables")), **parts},
    )
    return compile_environment(environment, recorder.context())


def live(item: dict[str, Any]) -> Any:
    return EnvironmentAdapter(Recorder()).live(item)


def body_of(resource: Resource, *names: str, **values: Any) -> dict[str, Any]:
    """What an update of these attributes sends."""
    api = Recorder({f"POST {PATH}/envtpl_1": FULL})
    updated(EnvironmentAdapter(api), live(FULL), write(resource, *names, **values))
    (sent,) = api.sent
    assert fits(TemplateUpdateParams, sent.body)
    body: dict[str, Any] = sent.body
    return body


def test_everything_is_sent_in_the_form_of_the_platform() -> None:
    api = Recorder({f"POST {PATH}": FULL})
    made = created(EnvironmentAdapter(api), resource(FIELDS, **PARTS))
    assert fits(EnvironmentTemplate, FULL)
    (sent,) = api.sent
    assert fits(TemplateCreateParams, sent.body)
    assert sent.body == {
        "name": "Lab",
        "network": {"access": "restricted", "allowed_domains": ["B.example", "a.example"]},
        "packages": {"npm": [], "python": ["sympy", "numpy"], "system": []},
        "files": [{"type": "file_id", "file_id": "id-of-notes", "path": "/workspace/notes.md"}],
        "skills": [
            {"type": "skill_reference", "skill_id": "skill_theirs", "version": "latest"},
            {"type": "skill_reference", "skill_id": "id-of-citing"},
        ],
        "env": {"MODE": "exam", "TOKEN": "the text of LAB_TOKEN"},
        "setup_commands": [{"command": "make"}],
        "capability_directories": ["/workspace/tools"],
        "desktop": {"enabled": True},
    }
    assert changed(resource(FIELDS, **PARTS), made) == []


def test_what_it_uses_it_depends_on() -> None:
    assert resource(FIELDS, **PARTS).depends_on == (NOTES, CITING)


def test_a_secret_is_sealed_and_a_plain_variable_is_not() -> None:
    variables = resource(**PARTS).values["variables"]
    assert variables["MODE"] == "exam"
    assert isinstance(variables["TOKEN"], Sealed)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"network": {"access": "enabled"}},
        {"network": {"access": "enabled", "allowed_domains": []}},
        {"packages": {}},
        {"packages": {"python": []}},
        {"desktop": {"enabled": False}},
        {"capability_directories": []},
    ],
)
def test_what_the_server_fills_in_is_no_change(fields: dict[str, Any]) -> None:
    assert changed(resource(fields, files=(), skills=(), variables={}), live(BARE)) == []


@pytest.mark.parametrize(
    ("theirs", "name"),
    [
        ({"name": "Theirs"}, "name"),
        ({"network": {"access": "enabled", "allowed_domains": []}}, "network"),
        ({"network": {"access": "restricted", "allowed_domains": ["a.example"]}}, "network"),
        ({"packages": {"npm": ["left"], "python": ["numpy", "sympy"], "system": []}}, "packages"),
        ({"files": []}, "files"),
        ({"skills": FULL["skills"][:1]}, "skills"),
        ({"capability_directories": []}, "capability_directories"),
        ({"desktop": None}, "desktop"),
    ],
)
def test_what_somebody_else_changed_is_drift(theirs: dict[str, Any], name: str) -> None:
    assert changed(resource(FIELDS, **PARTS), live({**FULL, **theirs})) == [name]


def test_a_file_given_inline_is_drift() -> None:
    inline = {"type": "inline", "path": "/workspace/notes.md", "size_bytes": 3}
    theirs = {**FULL, "files": [inline]}
    assert fits(EnvironmentTemplate, theirs)
    assert changed(resource(FIELDS, **PARTS), live(theirs)) == ["files"]


def test_what_is_never_returned_is_compared_with_what_was_applied() -> None:
    applied = {
        **wanted(resource(FIELDS, **PARTS)),
        "variables": {"MODE": "exam", "TOKEN": Sealed("another")},
        "setup_commands": [],
    }
    found = changed(resource(FIELDS, **PARTS), live(FULL), applied)
    assert found == ["variables", "setup_commands"]


def test_blocked_domains_are_never_returned_and_go_with_their_network() -> None:
    network = {"access": "restricted", "blocked_domains": ["b.example", "a.example"]}
    blocking = resource({"network": network})
    seen = live({**BARE, "network": {"access": "restricted", "allowed_domains": []}})
    assert changed(blocking, seen) == []
    other = {**wanted(blocking), "blocked_domains": ["a.example"]}
    assert changed(blocking, seen, other) == ["blocked_domains"]
    assert body_of(blocking, "blocked_domains") == {"network": network}
    assert body_of(blocking, "network") == {"network": network}


def test_a_field_that_left_the_manifest_goes_back_to_the_default() -> None:
    applied = wanted(resource(FIELDS, **PARTS))
    comparison = recorder.compared(resource(), live(FULL), applied)
    names = [delta.name for delta in comparison.deltas]
    assert set(names) == set(applied) - {"name"}
    after = {name: comparison.after[name] for name in names}
    assert body_of(resource(), *names, **after) == {
        "network": None,
        "packages": {"npm": [], "python": [], "system": []},
        "files": [],
        "skills": [],
        "env": {},
        "setup_commands": [],
        "capability_directories": [],
        "desktop": None,
    }


def test_only_what_changed_is_sent() -> None:
    assert body_of(resource(FIELDS, **PARTS), "name") == {"name": "Lab"}


def test_to_ignore_the_network_is_to_ignore_both_of_its_parts() -> None:
    assert resource(ignore=("network", "name")).ignore_changes == {
        "network",
        "blocked_domains",
        "name",
    }


def test_a_file_that_is_still_to_be_uploaded_can_be_compared() -> None:
    before = wanted(resource(FIELDS, **PARTS))
    values = {**before, "files": [{"file_id": Unknown(NOTES), "path": "/workspace/notes.md"}]}
    comparison = compare(resource(FIELDS, **PARTS), values, before, live(FULL).values)
    assert [delta.name for delta in comparison.deltas] == ["files"]
