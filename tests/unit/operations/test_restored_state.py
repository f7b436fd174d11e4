"""The state is older than the platform: a backup, or a checkout that was away while another one
applied. What it tracks may be gone; what took its place is ours, and is found, not made again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.wire import Fault, no_fault
from tests.worlds.world import World, a_world, family_of

from retinue.address import Address
from retinue.engine.plan import Action, Reason
from retinue.operations.planning import Planned, PlanOptions
from retinue.operations.rebuild import rebuild_state
from retinue.operations.saved import load_plan, save_plan

FORCED = PlanOptions(forced=True)
TUTOR = Address.parse("assistant.tutor")
KINDS = ("assistants.assistant", "agents.assistant", "vector_store", "vault", "automation", "file")
EMPTY: dict[str, Any] = {}


def on(target: str, **more: Any) -> dict[str, Any]:
    return {"assistants": {"tutor": {"model": "gpt-4o", "target": target, **more}}}


LIBRARY: dict[str, Any] = {
    "files": {"paper": {"path": "paper.md"}},
    "vector_stores": {"papers": {"files": ["paper"]}},
}
VAULT: dict[str, Any] = {
    "vaults": {"keys": {}},
    "credentials": {
        "wiki": {
            "vault": "keys",
            "type": "static_bearer",
            "mcp_server_url": "https://wiki.test/mcp",
            "token": "${env:WIKI_TOKEN}",
        }
    },
}
SCHEDULED: dict[str, Any] = {
    **on("agents"),
    "vaults": {"keys": {}},
    "automations": {
        "daily": {
            "assistant": "tutor",
            "schedule": {"cron": "0 6 * * *", "timezone": "UTC"},
            "prompt": "report",
            "vaults": ["keys"],
        }
    },
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.environ["WIKI_TOKEN"] = "opaque words"
        made.write({"assistants/paper.md": "first edition"})
        yield made


def applied(world: World, *manifests: dict[str, Any]) -> None:
    for manifest in manifests:
        world.declare(manifest)
        world.apply(FORCED)


def everything(world: World) -> dict[str, list[str]]:
    return {kind: [item["id"] for item in world.objects(kind)] for kind in KINDS}


def made_again(world: World, manifest: dict[str, Any], first: dict[str, Any] | None = None) -> None:
    """Apply, and then once more from nothing; the state is the one after the first time."""
    applied(world, first or manifest)
    backup = world.kept_state()
    applied(world, EMPTY, manifest)
    world.put_state(backup)


@pytest.mark.parametrize(
    "manifest",
    [on("assistants"), on("agents"), LIBRARY, VAULT, SCHEDULED],
    ids=["assistant", "agent", "files", "vault", "automation"],
)
def test_what_took_the_place_of_a_tracked_object_is_adopted(
    world: World, manifest: dict[str, Any]
) -> None:
    made_again(world, manifest)
    before = everything(world)
    world.apply(FORCED)
    assert everything(world) == before
    assert world.plan().plan.empty
    assert not world.plan().plan.notes


@pytest.mark.parametrize(("first", "then"), [("assistants", "agents"), ("agents", "assistants")])
def test_a_change_of_target_that_another_checkout_made_is_taken_over(
    world: World, first: str, then: str
) -> None:
    applied(world, on(first))
    backup = world.kept_state()
    applied(world, on(then))
    world.put_state(backup)
    before = everything(world)
    [change] = world.plan().plan.pending
    assert (change.action, change.reason) == (Action.ADOPT, Reason.MARKED)
    world.apply(FORCED)
    assert everything(world) == before
    assert world.plan().plan.empty


def test_an_adopted_object_becomes_what_the_manifest_says(world: World) -> None:
    made_again(world, on("agents", metadata={"team": "maths"}, instructions="first"))
    world.declare(on("agents", instructions="second"))
    world.apply(FORCED)
    [agent] = world.objects("agent")
    assert agent["instructions"] == "second"
    assert world.plan().plan.empty


def test_a_new_edition_that_another_checkout_uploaded_is_found(world: World) -> None:
    applied(world, LIBRARY)
    backup = world.kept_state()
    world.write({"assistants/paper.md": "second edition"})
    world.apply(FORCED)
    world.put_state(backup)
    [edition] = world.objects("file")
    world.apply(FORCED)
    assert [item["id"] for item in world.objects("file")] == [edition["id"]]
    assert world.plan().plan.empty


def test_leftovers_of_the_old_object_are_deleted_all_the_same(world: World) -> None:
    applied(world, on("assistants"))
    world.declare(on("agents"))
    world.wire.script = lambda sent: Fault.ERROR_BEFORE if sent.method == "DELETE" else None
    world.apply(FORCED)
    world.wire.script = no_fault
    backup = world.kept_state()
    leftover = world.objects("assistant")
    applied(world, EMPTY, on("agents"))
    assert world.objects("assistant") == []
    world.put_state(backup)
    [agent] = world.objects("agent")
    assert leftover
    world.apply(FORCED)
    assert world.ids() == {"assistant.tutor": agent["id"]}
    assert world.state.entries[TUTOR].deposed == ()
    assert world.plan().plan.empty


def test_a_rebuilt_entry_remembers_the_leftovers_of_the_old_one(world: World) -> None:
    applied(world, on("assistants"))
    world.declare(on("agents"))
    world.wire.script = lambda sent: Fault.ERROR_BEFORE if sent.method == "DELETE" else None
    world.apply(FORCED)
    world.wire.script = no_fault
    [leftover] = world.objects("assistant")
    backup = world.kept_state()
    world.by_hand("DELETE", world.path_of("assistant.tutor"))
    world.lose_state()
    world.apply(FORCED)
    world.put_state(backup)
    asyncio.run(rebuild_state(world.project, world.want(), print, connect=world.connect))
    entry = world.state.entries[TUTOR]
    assert entry.id == world.objects("agent")[0]["id"]
    assert [old.id for old in entry.deposed] == [leftover["id"]]
    world.apply(FORCED)
    assert world.objects("assistant") == []
    assert world.plan().plan.empty


def through_a_file(world: World, planned: Planned) -> Planned:
    path = world.root.parent / "plan.json"
    save_plan(planned, path)
    assert load_plan(path, world.root) == planned.plan
    return planned


def test_a_saved_plan_adopts_what_it_showed(world: World) -> None:
    made_again(world, on("agents", metadata={"team": "maths"}))
    before = everything(world)
    applied_now = world.apply_saved(through_a_file(world, world.plan(FORCED)))
    assert applied_now.outcome is not None
    assert applied_now.outcome.complete
    assert everything(world) == before
    assert world.plan().plan.empty


def test_an_object_that_is_gone_without_a_successor_is_made_anew(world: World) -> None:
    applied(world, on("agents"))
    world.by_hand("DELETE", world.path_of("assistant.tutor"))
    [change] = world.plan().plan.pending
    assert (change.action, change.reason) == (Action.CREATE, Reason.GONE)


@pytest.mark.parametrize(("first", "then"), [("assistants", "agents"), ("agents", "assistants")])
def test_an_object_of_the_former_target_is_named_when_the_state_is_lost(
    world: World, first: str, then: str
) -> None:
    applied(world, on(first))
    [old] = world.ids().values()
    world.lose_state()
    world.declare(on(then))
    planned = world.plan()
    [note] = planned.plan.notes
    assert old in note
    assert "now has another target" in note
    world.apply_saved(through_a_file(world, planned))
    assert old in {item["id"] for item in world.objects(f"{first}.assistant")}


@pytest.mark.parametrize(("first", "then"), [("assistants", "agents"), ("agents", "assistants")])
def test_a_rebuilt_state_moves_it_to_the_new_target(world: World, first: str, then: str) -> None:
    applied(world, on(first))
    world.lose_state()
    world.declare(on(then))
    asyncio.run(rebuild_state(world.project, world.want(), print, connect=world.connect))
    world.apply(FORCED)
    assert world.objects(f"{first}.assistant") == []
    assert [item["id"] for item in world.objects(f"{then}.assistant")] == [*world.ids().values()]
    assert world.plan().plan.empty


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.CUT_BEFORE])
def test_a_platform_without_the_former_family_is_planned_for_all_the_same(
    world: World, fault: Fault
) -> None:
    world.declare(on("assistants"))
    world.wire.script = lambda sent: fault if sent.path.endswith("/agents") else None
    assert [change.action for change in world.plan().plan.pending] == [Action.CREATE]


WORKSHOP: dict[str, Any] = {
    **on("agents"),
    "skills": {"citing": {"path": "skills/citing"}},
    "environments": {"bench": {"skills": ["citing"], "variables": {"TOKEN": "${env:WIKI_TOKEN}"}}},
    "automations": {
        "daily": {
            "assistant": "tutor",
            "schedule": {"cron": "0 6 * * *", "timezone": "UTC"},
            "prompt": "report",
            "environment": "bench",
        }
    },
}
SKILL = "---\nname: citing\ndescription: How to cite.\n---\nName the page.\n"
UNMARKED = ("environment", "skill")


@pytest.mark.parametrize("kept", ["nothing", "a backup", "an older backup"])
def test_a_template_and_a_skill_that_ours_use_are_ours(world: World, kept: str) -> None:
    world.write({"assistants/skills/citing/SKILL.md": SKILL})
    applied(world, on("agents"))
    older = world.kept_state()
    applied(world, WORKSHOP)
    backup = world.kept_state()
    applied(world, EMPTY, WORKSHOP)
    world.put_state({"nothing": {}, "a backup": backup, "an older backup": older}[kept])
    before = {kind: [item["id"] for item in world.objects(kind)] for kind in UNMARKED}
    world.apply(FORCED)
    assert {kind: [item["id"] for item in world.objects(kind)] for kind in UNMARKED} == before
    assert world.plan().plan.empty
    assert not world.plan().plan.notes
    world.apply(PlanOptions(destroy=True))
    assert not any(world.objects(kind) for kind in UNMARKED)


def test_a_template_that_nobody_of_ours_uses_is_only_named(world: World) -> None:
    theirs = world.by_hand("POST", "/agents/environments/templates", {"name": "bench"})["id"]
    world.write({"assistants/skills/citing/SKILL.md": SKILL})
    world.declare(WORKSHOP)
    [note] = world.plan().plan.notes
    assert theirs in note
    world.apply(FORCED)
    assert theirs not in world.ids().values()
    assert len(world.objects("environment")) == 2


def test_nothing_is_listed_for_it_while_all_is_there(world: World) -> None:
    applied(world, on("agents"))
    _, sent = world.recorded(world.plan)
    assert len([each for each in sent if each.path.endswith(family_of("agent"))]) <= 1
