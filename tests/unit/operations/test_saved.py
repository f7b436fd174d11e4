"""Plan files: applied exactly, once, and only while all that they touch is as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.wire import Sent
from tests.worlds.world import World, a_world

from retinue.errors import PlanStale, Refused, StateCorrupt, StateForeign
from retinue.operations.planning import Planned
from retinue.operations.saved import load_plan, save_plan

MANIFEST: dict[str, Any] = {
    "assistants": {
        "tutor": {
            "model": "gpt-4o",
            "temperature": 0.2,
            "reasoning_effort": "low",
            "tools": [
                {"type": "code_interpreter", "files": ["table"]},
                {"type": "file_search", "vector_store": "papers"},
            ],
        }
    },
    "files": {"one": {"path": "one.md"}, "table": {"path": "table.csv"}},
    "vector_stores": {"papers": {"description": "What we read", "files": ["one"]}},
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.write({"assistants/one.md": "first", "assistants/table.csv": "a,b"})
        made.declare(MANIFEST)
        yield made


def through_a_file(world: World, planned: Planned) -> Planned:
    """The plan as it comes back from a plan file."""
    path = world.root.parent / "plan.json"
    save_plan(planned, path)
    loaded = load_plan(path, world.root)
    assert loaded == planned.plan
    return replace(planned, plan=loaded)


def content_changes(world: World) -> None:
    world.write({"assistants/one.md": "second edition"})


def nothing(world: World) -> None:
    del world


def applied_once(world: World) -> None:
    assert world.apply().outcome is not None


def loses_its_state(world: World) -> None:
    applied_once(world)
    world.lose_state()


def is_to_be_changed(world: World) -> None:
    applied_once(world)
    content_changes(world)
    world.declare({**MANIFEST, "assistants": {"tutor": {"model": "gpt-4o-mini"}}})


def lost_an_object(world: World) -> None:
    applied_once(world)
    world.by_hand("DELETE", world.path_of("file.one"))


def is_to_be_renamed(world: World) -> None:
    applied_once(world)
    renamed = {"coach": {"name": "tutor", **MANIFEST["assistants"]["tutor"]}}
    moved = [{"from": "assistant.tutor", "to": "assistant.coach"}]
    world.declare({**MANIFEST, "assistants": renamed, "moved": moved})


def is_to_be_emptied(world: World) -> None:
    applied_once(world)
    world.declare({})


@pytest.mark.parametrize(
    "before",
    [
        nothing,
        loses_its_state,
        is_to_be_changed,
        lost_an_object,
        is_to_be_renamed,
        is_to_be_emptied,
    ],
)
def test_a_plan_file_does_what_it_shows(world: World, before: Callable[[World], None]) -> None:
    before(world)
    applied = world.apply_saved(through_a_file(world, world.plan()))
    assert applied.outcome is not None
    assert applied.outcome.complete, applied.outcome.failed
    again = world.plan().plan
    assert again.pending == ()


def test_a_plan_file_is_applied_once(world: World) -> None:
    saved = through_a_file(world, world.plan())
    world.apply_saved(saved)
    with pytest.raises(PlanStale, match="the plan was applied already"):
        world.apply_saved(saved)


def an_edit(world: World) -> None:
    world.by_hand("POST", world.path_of("assistant.tutor"), {"temperature": 1.5})


def a_deletion(world: World) -> None:
    world.by_hand("DELETE", world.path_of("assistant.tutor"))


def another_apply(world: World) -> None:
    world.declare({**MANIFEST, "assistants": {"tutor": {"model": "gpt-4.1"}}})
    world.apply()


@pytest.mark.parametrize("meanwhile", [an_edit, a_deletion, another_apply])
def test_what_moved_in_between_makes_it_stale_and_nothing_is_written(
    world: World, meanwhile: Callable[[World], None]
) -> None:
    world.apply()
    tutor = {**MANIFEST["assistants"]["tutor"], "temperature": 0.4}
    world.declare({**MANIFEST, "assistants": {"tutor": tutor}})
    saved = through_a_file(world, world.plan())
    meanwhile(world)
    start = len(world.wire.sent)
    with pytest.raises(PlanStale, match=r"assistant\.tutor changed since it was made"):
        world.apply_saved(saved)
    assert not any(sent.writes for sent in world.wire.sent[start:])


def test_what_it_does_not_touch_may_move(world: World) -> None:
    world.apply()
    content_changes(world)
    saved = through_a_file(world, world.plan())
    world.by_hand("POST", world.path_of("assistant.tutor"), {"temperature": 1.5})
    applied = world.apply_saved(saved)
    assert applied.outcome is not None
    assert applied.outcome.complete


def test_a_file_that_changed_since_is_not_uploaded(world: World) -> None:
    saved = through_a_file(world, world.plan())
    content_changes(world)
    applied = world.apply_saved(saved)
    assert applied.outcome is not None
    assert [type(failure.error) for failure in applied.outcome.failed] == [PlanStale]
    assert world.objects("vector_store") == []
    assert world.state.pending == {}, "nothing was sent: there is nothing to look for"


INLINE: dict[str, Any] = {
    "environments": {
        "bench": {
            "files": [{"inline": "one.md", "path": "/workspace/one.md"}],
            "plugins": [{"path": "notes"}],
        }
    }
}
PLUGIN = {
    "assistants/notes/.codex-plugin/plugin.json": '{"name": "notes", "description": "Finds."}',
    "assistants/notes/skills/find.md": "look closely",
}


def test_a_plan_file_holds_no_inline_content_and_sends_it(world: World) -> None:
    world.write(PLUGIN)
    world.declare(INLINE)
    planned = through_a_file(world, world.plan())
    written = (world.root.parent / "plan.json").read_text()
    assert "look closely" not in written
    assert "first" not in written
    world.apply_saved(planned)
    assert world.plan().plan.empty
    assert world.live("environment.bench")["files"][0]["size_bytes"] == len("first")


@pytest.mark.parametrize("path", ["one.md", "notes/skills/find.md"])
def test_inline_content_that_changed_since_is_not_sent(world: World, path: str) -> None:
    world.write(PLUGIN)
    world.declare(INLINE)
    planned = through_a_file(world, world.plan())
    world.write({f"assistants/{path}": "secret plans"})
    applied = world.apply_saved(planned)
    assert applied.outcome is not None
    assert [type(failure.error) for failure in applied.outcome.failed] == [PlanStale]
    assert world.objects("environment") == []
    assert world.state.pending == {}, "nothing was sent: there is nothing to look for"
    assert world.apply().outcome is not None
    assert world.plan().plan.empty


def test_a_plan_for_elsewhere_is_refused(world: World) -> None:
    planned = world.plan()
    for part in ("project", "stack", "platform"):
        changed: dict[str, Any] = {part: "elsewhere"}
        elsewhere = replace(planned, plan=replace(planned.plan, **changed))
        with pytest.raises(StateForeign):
            world.apply_saved(elsewhere)


def test_a_plan_of_another_lineage_is_refused(world: World) -> None:
    world.apply()
    world.declare({})
    planned = world.plan()
    other = replace(planned, plan=replace(planned.plan, lineage="another"))
    with pytest.raises(StateForeign, match="another state"):
        world.apply_saved(other)


def test_protection_holds_for_a_plan_file(world: World) -> None:
    tutor = {"model": "gpt-4o", "lifecycle": {"protect": True}}
    world.declare({"assistants": {"tutor": tutor}})
    world.apply()
    world.declare({})
    with pytest.raises(Refused):
        world.apply_saved(through_a_file(world, world.plan()))


def test_protection_given_since_holds_for_a_plan_file(world: World) -> None:
    world.declare({"assistants": {"tutor": {"model": "gpt-4o"}}})
    world.apply()
    world.declare({})
    saved = through_a_file(world, world.plan())
    world.declare({"assistants": {"tutor": {"model": "gpt-4o", "lifecycle": {"protect": True}}}})
    world.apply()
    with pytest.raises(Refused):
        world.apply_saved(saved)


NO_PLANS = ["", "{", "[]", '{"format_version": "1.0"}', "[" * 100_000]


@pytest.mark.parametrize("content", NO_PLANS, ids=range(len(NO_PLANS)))
def test_what_is_no_plan_file_is_refused(world: World, content: str) -> None:
    path = world.root / "plan.json"
    path.write_text(content)
    with pytest.raises(StateCorrupt):
        load_plan(path, world.root)


def test_a_plan_file_that_was_edited_is_refused(world: World) -> None:
    path = world.root / "plan.json"
    save_plan(world.plan(), path)
    document = json.loads(path.read_text())
    document["resource_changes"][0]["change"]["after"]["filename"] = "evil.md"
    path.write_text(json.dumps(document))
    with pytest.raises(StateCorrupt, match="the digest does not fit"):
        load_plan(path, world.root)


def test_a_plan_file_runs_no_other_command_for_a_secret_than_the_approved_one(world: World) -> None:
    token = {"type": "static_bearer", "mcp_server_url": "https://mcp.example/mcp"}
    world.declare({
        "vaults": {"tools": {}},
        "credentials": {
            "repo": {**token, "vault": "tools", "token": {"command": ["echo", "secret"]}}
        },
    })  # fmt: skip
    path = world.root / "plan.json"
    save_plan(world.plan(), path)
    path.write_text(path.read_text().replace('"echo"', '"evil"'))
    with pytest.raises(StateCorrupt, match="the digest does not fit"):
        load_plan(path, world.root)


def test_an_edit_between_plan_and_write_is_noticed_by_the_second_read(world: World) -> None:
    world.apply()
    tutor = {**MANIFEST["assistants"]["tutor"], "temperature": 0.4}
    world.declare({**MANIFEST, "assistants": {"tutor": tutor}})
    path = world.path_of("assistant.tutor")
    edits: list[Any] = []

    def script(sent: Sent) -> None:
        if str(sent) == f"GET {path}" and not edits:
            with ThreadPoolExecutor() as another:  # a loop runs in this one
                edits.append(another.submit(world.by_hand, "POST", path, {"temperature": 1.9}))

    world.wire.script = script
    applied = world.apply()
    assert len(edits) == 1
    assert applied.outcome is not None
    assert [type(failure.error) for failure in applied.outcome.failed] == [PlanStale]
    assert world.live("assistant.tutor")["temperature"] == 1.9


@pytest.mark.parametrize("target", ["responses", "agents"])
def test_an_edit_of_what_is_to_be_replaced_is_noticed_before_anything_is_made(
    world: World, target: str
) -> None:
    tutor = {"model": "gpt-4o", "instructions": "Be kind."}
    world.declare({"assistants": {"tutor": tutor}})
    world.apply()
    world.declare({"assistants": {"tutor": {**tutor, "target": target}}})
    path = world.path_of("assistant.tutor")
    edits: list[Any] = []

    def script(sent: Sent) -> None:
        if str(sent) == f"GET {path}" and not edits:
            with ThreadPoolExecutor() as another:  # a loop runs in this one
                body = {"instructions": "By hand."}
                edits.append(another.submit(world.by_hand, "POST", path, body))

    world.wire.script = script
    applied = world.apply()
    assert len(edits) == 1
    assert applied.outcome is not None
    assert [type(failure.error) for failure in applied.outcome.failed] == [PlanStale]
    assert world.live("assistant.tutor")["instructions"] == "By hand."
    assert world.objects("agent") == []
    (drifted,) = world.plan().plan.drift
    assert [field.name for field in drifted.fields] == ["instructions"]


def test_what_is_to_be_replaced_may_be_gone_by_then(world: World) -> None:
    tutor = {"model": "gpt-4o"}
    world.declare({"assistants": {"tutor": tutor}})
    world.apply()
    world.declare({"assistants": {"tutor": {**tutor, "target": "agents"}}})
    path = world.path_of("assistant.tutor")
    gone: list[Any] = []

    def script(sent: Sent) -> None:
        if str(sent) == f"GET {path}" and not gone:
            with ThreadPoolExecutor() as another:
                gone.append(another.submit(world.by_hand, "DELETE", path))

    world.wire.script = script
    applied = world.apply()
    assert len(gone) == 1
    assert applied.outcome is not None
    assert applied.outcome.complete
    assert len(world.objects("agent")) == 1
    assert world.plan().plan.empty
