"""Environments against the shapes of the SDK: what can be read, what can't, what goes back."""

from __future__ import annotations

from pathlib import Path
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
from retinue.errors import Rejected
from retinue.kinds.base import Resource, Upload
from retinue.kinds.environment import EnvironmentAdapter, compile_environment
from retinue.kinds.values import Sealed, Unknown
from retinue.manifest.model import (
    Environment,
    EnvironmentFile,
    ExternalId,
    InlineFile,
    Lifecycle,
    Plugin,
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


SETTINGS = InlineFile("/workspace/s.toml", Path("/project/s.toml"), "s.toml")
FINDER = Plugin(Path("/project/find"), "find", (".codex-plugin/plugin.json",), "find", "Finds.")
INLINE: dict[str, Any] = {
    "files": (EnvironmentFile("/workspace/notes.md", NOTES), SETTINGS),
    "plugins": (FINDER,),
}
SHOWN: dict[str, Any] = {
    **BARE,
    "files": [
        {"type": "file_id", "file_id": "id-of-notes", "path": "/workspace/notes.md"},
        {"type": "inline", "path": "/workspace/s.toml", "size_bytes": 5},
    ],
    "plugins": [{"type": "inline", "name": "find", "description": "Finds."}],
}
"""What the platform shows of `INLINE`."""


def contents(settings: str = "51", plugin: str = "52") -> tuple[Upload, ...]:
    """The contents of `INLINE`, by their digests."""
    return (
        Upload(SETTINGS.source, "s.toml", settings, 5),
        Upload(FINDER.path, "find", plugin, 9, {FINDER.files[0]: f"{plugin}f"}),
    )


def resource(
    fields: dict[str, Any] | None = None,
    *,
    ignore: tuple[str, ...] = (),
    inline: tuple[Upload, ...] = (),
    **parts: Any,
) -> Resource:
    environment = Environment(
        address=Address("environment", "lab"),
        fields={"name": "Lab", **(fields or {})},
        lifecycle=Lifecycle(ignore_changes=ignore),
        places=PLACES,
        **{**dict.fromkeys(("files", "skills", "plugins", "variables")), **parts},
    )
    context = recorder.context(inline={environment.address: inline})
    return compile_environment(environment, context)


def inlined(settings: str = "51", plugin: str = "52", **more: Any) -> Resource:
    return resource(inline=contents(settings, plugin), **{**INLINE, **more})


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


def test_inline_files_and_plugins_are_sent_as_their_content() -> None:
    api = Recorder({f"POST {PATH}": SHOWN})
    made = created(EnvironmentAdapter(api), inlined())
    assert fits(EnvironmentTemplate, SHOWN)
    (sent,) = api.sent
    assert fits(TemplateCreateParams, sent.body)
    source = {"type": "base64", "media_type": "application/zip", "data": "find:52"}
    assert sent.body == {
        "name": "Lab",
        "files": [
            {"type": "file_id", "file_id": "id-of-notes", "path": "/workspace/notes.md"},
            {"type": "inline", "path": "/workspace/s.toml", "data": ":51"},
        ],
        "plugins": [{"type": "inline", "name": "find", "description": "Finds.", "source": source}],
    }
    assert changed(inlined(), made) == []


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (inlined("61"), ["inline_files"]),
        (inlined(plugin="62"), ["plugin_contents"]),
        (inlined("61", "62"), ["inline_files", "plugin_contents"]),
        (inlined("61", ignore=("files",)), []),
        (inlined(plugin="62", ignore=("plugins",)), []),
    ],
)
def test_other_content_is_a_change_that_only_the_state_can_tell(
    now: Resource, names: list[str]
) -> None:
    assert changed(now, live(SHOWN), wanted(inlined())) == names


@pytest.mark.parametrize("name", ["files", "inline_files", "plugins", "plugin_contents"])
def test_whichever_part_changed_the_platform_gets_the_whole(name: str) -> None:
    field = "plugins" if name.startswith("plugin") else "files"
    whole = body_of(inlined(), "files", "plugins")
    assert body_of(inlined(), name) == {field: whole[field]}


@pytest.mark.parametrize(
    ("theirs", "name"),
    [
        ({"files": SHOWN["files"][:1]}, "files"),
        ({"files": [SHOWN["files"][0], {**SHOWN["files"][1], "size_bytes": 6}]}, "files"),
        ({"plugins": []}, "plugins"),
        ({"plugins": [{**SHOWN["plugins"][0], "description": "Theirs."}]}, "plugins"),
        ({"plugins": [{**SHOWN["plugins"][0], "name": "x"}, SHOWN["plugins"][0]]}, "plugins"),
    ],
)
def test_what_can_be_read_of_inline_content_is_drift(theirs: dict[str, Any], name: str) -> None:
    assert changed(inlined(), live({**SHOWN, **theirs})) == [name]


def test_the_order_of_files_and_plugins_means_nothing() -> None:
    backwards = {**SHOWN, "files": SHOWN["files"][::-1]}
    assert changed(inlined(), live(backwards)) == []


def test_inline_content_that_left_the_manifest_goes_back_to_the_default() -> None:
    comparison = recorder.compared(resource(), live(SHOWN), wanted(inlined()))
    after = {delta.name: delta.after for delta in comparison.deltas}
    assert body_of(resource(), *after, **after) == {"files": [], "plugins": []}


@pytest.mark.parametrize("settings", ["61", "51"])
def test_content_that_nobody_can_read_back_is_not_sent_as_something_else(settings: str) -> None:
    theirs = {"type": "inline", "path": "/workspace/theirs.md", "size_bytes": 3}
    ours = SHOWN["files"][1]
    files = [{"file_id": "id-of-new", "path": "/workspace/notes.md"}, ours, theirs]
    api = Recorder({f"POST {PATH}/envtpl_1": SHOWN})
    applied = [{"path": "/workspace/s.toml", "sha256": "51"}]
    one = write(inlined(settings), "files", files=files, inline_files=applied)
    path = r"/workspace/s\.toml" if settings == "61" else r"/workspace/theirs\.md"
    with pytest.raises(Rejected, match=f"the inline content of {path} can't be read back"):
        updated(EnvironmentAdapter(api), live(SHOWN), one)
    assert api.sent == []


def test_a_skill_that_somebody_gave_inline_is_not_sent_without_its_content() -> None:
    theirs = {"type": "inline", "name": "sums", "description": "Adds."}
    assert fits(EnvironmentTemplate, {**FULL, "skills": [theirs]})
    api = Recorder({f"POST {PATH}/envtpl_1": FULL})
    one = write(resource(), "skills", skills=[{"skill_id": "id-of-new"}, theirs])
    with pytest.raises(Rejected, match="the inline content of sums can't be read back"):
        updated(EnvironmentAdapter(api), live(FULL), one)
    assert api.sent == []


def test_no_content_is_in_the_values() -> None:
    values = inlined().values
    assert values["inline_files"] == [{"path": "/workspace/s.toml", "sha256": "51"}]
    members = [{"path": ".codex-plugin/plugin.json", "sha256": "52f"}]
    assert values["plugin_contents"] == [{"name": "find", "sha256": "52", "content": members}]


def test_a_file_that_is_still_to_be_uploaded_can_be_compared() -> None:
    before = wanted(resource(FIELDS, **PARTS))
    values = {**before, "files": [{"file_id": Unknown(NOTES), "path": "/workspace/notes.md"}]}
    comparison = compare(resource(FIELDS, **PARTS), values, before, live(FULL).values)
    assert [delta.name for delta in comparison.deltas] == ["files"]
