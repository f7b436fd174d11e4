"""The state is older than the platform: a backup, or a checkout that was away while another one
applied. What it tracks may be gone; what took its place is ours, and is found, not made again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.wire import Fault, Sent, no_fault
from tests.worlds.world import World, a_world, family_of

from retinue.address import Address
from retinue.engine.plan import Action, Reason
from retinue.errors import PlatformError
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


# --- What is somebody else's ---------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.ERROR_BEFORE, Fault.LIMITED])
def test_a_list_that_fails_makes_nothing_gone(world: World, fault: Fault) -> None:
    applied(world, on("assistants", lifecycle={"protect": True}))
    world.declare({"assistants": {"helper": {"model": "gpt-4o", "target": "agents"}}})

    def script(sent: Sent) -> Fault | None:
        return fault if sent.method == "GET" and sent.path.endswith("/assistants") else None

    world.wire.script = script
    with pytest.raises(PlatformError):
        world.apply(FORCED)
    world.wire.script = no_fault
    assert "assistant.tutor" in world.ids()


def use_stack(world: World, stack: str) -> None:
    world.write({"retinue.yaml": "project: demo\nstacks: {dev: {}, prod: {}}\n"})
    world.environ["RETINUE_STACK"] = stack


def scheduled(environment: Any, **more: Any) -> dict[str, Any]:
    (daily,) = SCHEDULED["automations"].values()
    daily = {key: value for key, value in daily.items() if key != "vaults"}
    used = {} if environment is None else {"environment": environment}
    automations = {"daily": {**daily, **used, **more}}
    return {**on("agents"), "automations": automations}


def bench(**fields: Any) -> dict[str, Any]:
    return {**scheduled("bench"), "environments": {"bench": fields}}


@pytest.mark.parametrize("use", ["by its ID", "in metadata"])
def test_a_template_that_was_only_used_stays_its_owners(world: World, use: str) -> None:
    use_stack(world, "prod")
    applied(world, bench(setup_commands=["make prod"]))
    theirs = world.ids()["environment.bench"]
    use_stack(world, "dev")
    own = {"environments": {"bench": {"setup_commands": ["make dev"]}}}
    if use == "by its ID":
        applied(world, scheduled({"id": theirs}), scheduled("bench") | own)
    else:
        noted = {"metadata": {"on": theirs}}
        applied(world, scheduled(None, **noted))
        world.lose_state()
        applied(world, scheduled("bench", **noted) | own)
    assert world.ids()["environment.bench"] != theirs
    world.apply(PlanOptions(destroy=True))
    assert theirs in {item["id"] for item in world.objects("environment")}


def test_a_file_that_is_attached_with_somebody_elses_mark_stays_theirs(world: World) -> None:
    use_stack(world, "prod")
    applied(world, LIBRARY)
    theirs = world.ids()["file.paper"]
    [attached] = world.live("vector_store.papers")["files"]
    use_stack(world, "dev")
    applied(world, {"vector_stores": {"papers": {}}})
    body = {"file_id": theirs, "attributes": attached["attributes"]}
    world.by_hand("POST", f"{world.path_of('vector_store.papers')}/files", body)
    world.write({"assistants/paper.md": "dev's edition"})
    applied(world, LIBRARY)
    assert theirs in {item["id"] for item in world.objects("file")}


def test_one_object_is_never_two_resources(world: World) -> None:
    world.write({f"assistants/skills/{n}/SKILL.md": SKILL for n in ("one", "two")})
    both = {"one": {"path": "skills/one"}, "two": {"path": "skills/two"}}
    manifest = {**bench(skills=["one", "two"]), "skills": both}
    applied(world, manifest)
    world.by_hand("DELETE", f"/skills/{world.ids()['skill.two']}")
    world.lose_state()
    world.apply(FORCED)
    assert world.ids()["skill.one"] != world.ids()["skill.two"]
    assert world.plan().plan.empty


def test_destroy_takes_a_stray_credential_of_ours_along(world: World) -> None:
    applied(world, VAULT)
    backup = world.kept_state()
    world.by_hand("DELETE", world.path_of("credential.wiki"))
    world.apply(FORCED)
    world.put_state(backup)
    world.apply(PlanOptions(destroy=True))
    assert world.objects("vault") == []


def test_an_adopted_object_that_is_replaced_goes_however_the_apply_ends(world: World) -> None:
    applied(world, VAULT)
    backup = world.kept_state()
    applied(world, {"vaults": {"keys": {}}}, VAULT)
    world.put_state(backup)
    wiki = {**VAULT["credentials"]["wiki"], "mcp_server_url": "https://other.test/mcp"}
    world.declare({**VAULT, "credentials": {"wiki": wiki}})
    kept: dict[str, bytes] = {}
    world.wire.script = lambda sent: Fault.KILL_AFTER if sent.creates else None
    world.wire.at_kill = lambda: kept.update(world.kept_state())
    world.apply(FORCED)
    world.wire.script, world.wire.killed = no_fault, False
    world.put_state(kept)
    world.apply(FORCED)
    path = f"{world.path_of('vault.keys')}/credentials"
    [left] = world.by_hand("GET", path)["data"]
    assert world.ids()["credential.wiki"].endswith(left["id"])
    assert world.plan().plan.empty


def test_nothing_is_listed_for_it_while_all_is_there(world: World) -> None:
    applied(world, on("agents"))
    _, sent = world.recorded(world.plan)
    assert len([each for each in sent if each.path.endswith(family_of("agent"))]) <= 1
