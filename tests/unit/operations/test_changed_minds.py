"""An apply is cut off, and before the next one somebody changes the manifests: takes a change of
target back, gives another name, protects. Nothing is lost, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.wire import Fault, no_fault
from tests.worlds.world import World, a_world

from retinue.address import Address
from retinue.errors import PlanStale
from retinue.operations.planning import PlanOptions
from retinue.operations.session import state_of

TUTOR = Address.parse("assistant.tutor")
FORCED = PlanOptions(forced=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made


def on(target: str, name: str = "tutor", **more: Any) -> dict[str, Any]:
    return {"assistants": {name: {"model": "gpt-4o", "target": target, **more}}}


def cut_off(world: World, fault: Fault = Fault.KILL_AFTER) -> None:
    """Apply until the first create, and end there."""
    kept: dict[str, bytes] = {}
    world.wire.script = lambda sent: fault if sent.creates else None
    world.wire.at_kill = lambda: kept.update(world.kept_state())
    world.apply(FORCED)
    world.wire.script = no_fault
    if world.wire.killed:
        world.put_state(kept)
        world.wire.killed = False


def settled(world: World) -> dict[str, list[str]]:
    """Apply; the plan is empty then, and the platform has just what the state knows."""
    world.apply(FORCED)
    assert world.plan(FORCED).plan.empty
    there = {kind: [item["id"] for item in world.objects(kind)] for kind in ("assistant", "agent")}
    known = {e.id for e in world.state.entries.values() if "@" not in e.id}
    assert {object_id for ids in there.values() for object_id in ids} == known
    return there


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.CUT_AFTER])
@pytest.mark.parametrize("target", ["assistants", "agents"])
def test_a_release_that_was_to_become_an_object_stays(
    world: World, target: str, fault: Fault
) -> None:
    world.declare(on("responses"))
    world.apply(FORCED)
    world.declare(on(target))
    cut_off(world, fault)
    world.declare(on("responses"))
    assert settled(world) == {"assistant": [], "agent": []}
    assert TUTOR in world.state.entries


def test_a_release_is_replaced_and_nothing_is_to_be_deleted(world: World) -> None:
    world.declare(on("responses"))
    world.apply(FORCED)
    world.declare(on("agents"))
    settled(world)
    assert world.state.entries[TUTOR].deposed == ()


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER])
def test_a_change_of_target_that_is_taken_back_keeps_the_object(world: World, fault: Fault) -> None:
    world.declare(on("assistants"))
    world.apply(FORCED)
    [original] = world.objects("assistant")
    world.declare(on("agents"))
    cut_off(world, fault)
    world.declare(on("assistants"))
    assert settled(world) == {"assistant": [original["id"]], "agent": []}


@pytest.mark.parametrize("approved", [True, False])
def test_a_new_name_goes_with_what_an_interrupted_replacement_made(
    world: World, *, approved: bool
) -> None:
    world.declare(on("assistants"))
    world.apply(FORCED)
    world.declare(on("agents"))
    cut_off(world)
    moved = [{"from": "assistant.tutor", "to": "assistant.coach"}]
    world.declare({**on("agents", "coach"), "moved": moved})
    if not approved:
        assert world.apply(FORCED, approve=lambda _: False).outcome is None
    assert len(settled(world)["agent"]) == 1
    assert world.objects("assistant") == []


@pytest.mark.parametrize("target", ["agents", "responses"])
def test_protection_that_comes_with_a_change_of_target_stops_it(world: World, target: str) -> None:
    world.declare(on("assistants"))
    world.apply(FORCED)
    world.declare(on(target, lifecycle={"protect": True}))
    refusals = world.plan(FORCED).verdict.refusals
    assert [refusal.code for refusal in refusals] == ["RTN-REFUSED-PROTECTED"]


def test_a_saved_plan_deletes_no_leftover_that_is_somebodys_again(world: World) -> None:
    world.declare(on("assistants"))
    world.apply(FORCED)
    [original] = world.objects("assistant")
    world.declare(on("agents"))
    world.wire.script = lambda sent: Fault.ERROR_BEFORE if sent.method == "DELETE" else None
    world.apply(FORCED)
    world.wire.script = no_fault
    saved = world.plan(FORCED)
    assert [(c.id, c.leftover) for c in saved.plan.pending] == [(original["id"], True)]
    snapshot = world.state
    entry = replace(
        snapshot.entries[TUTOR], type="assistants.assistant", id=original["id"], deposed=()
    )
    state_of(world.project).write(replace(snapshot, entries={TUTOR: entry}))
    with pytest.raises(PlanStale, match="tutor"):
        world.apply_saved(saved)
    assert [item["id"] for item in world.objects("assistant")] == [original["id"]]
