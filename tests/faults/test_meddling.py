"""Somebody else changes the platform between plan and write; plan files that no longer fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.support.fleet import Fleet, small_fleet
from tests.support.world import APPLY, World


def _changed() -> Fleet:
    fleet = small_fleet()
    fleet.assistants["reader"]["instructions"] = "Read aloud."
    return fleet


@pytest.fixture
def small(world: World) -> World:
    """The small fleet, applied."""
    world.declare(small_fleet())
    assert world.apply().code == 0
    return world


def _edit(world: World, name: str, **fields: object) -> None:
    """What somebody does in a dashboard."""
    asked = world.server.assistant(name)
    world.server.call("POST", f"/assistants/{asked['id']}", fields)


# --- Between plan and write ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("instructions", "Edited by hand."), ("temperature", 1.5)]
)
def test_an_edit_just_before_the_write_is_not_overwritten(
    small: World, field: str, value: object
) -> None:
    small.declare(_changed())
    reader = small.server.assistant("reader")["id"]
    small.proxy.on("GET", f"/assistants/{reader}").first(
        lambda _: _edit(small, "reader", **{field: value})
    )
    ended = small.apply()
    assert ended.code == 5, ended
    assert f"assistant.reader: {field} changed on the platform since the plan" in ended.out
    live = small.server.assistant("reader")
    assert live[field] == value
    assert "aloud" not in live["instructions"]
    # Seen in the next plan, and overwritten only by somebody who has seen it.
    planned = small.retinue("plan", "--detailed-exitcode")
    assert planned.code == 2
    assert "changed" in planned.out
    small.recovers(_changed())


def test_an_edit_of_a_field_that_is_not_ours_is_no_obstacle(small: World) -> None:
    small.declare(_changed())
    reader = small.server.assistant("reader")["id"]
    small.proxy.on("GET", f"/assistants/{reader}").first(
        lambda _: _edit(small, "reader", top_p=0.5)
    )
    small.recovers(_changed())
    assert small.server.assistant("reader")["top_p"] == 0.5


def test_an_object_that_was_edited_is_not_deleted_unseen(small: World) -> None:
    fleet = small_fleet()
    del fleet.assistants["reader"]
    small.declare(fleet)
    reader = small.server.assistant("reader")["id"]
    small.proxy.on("GET", f"/assistants/{reader}").first(
        lambda _: _edit(small, "reader", instructions="Keep me.")
    )
    ended = small.apply()
    assert ended.code == 5, ended
    assert "instructions changed on the platform" in ended.out
    assert small.server.assistant("reader")["instructions"] == "Keep me."


def test_an_object_that_vanishes_before_its_update_is_made_again_by_the_next_apply(
    small: World,
) -> None:
    small.declare(_changed())
    reader = small.server.assistant("reader")["id"]
    small.proxy.on("GET", f"/assistants/{reader}").first(
        lambda _: small.server.call("DELETE", f"/assistants/{reader}")
    )
    ended = small.apply()
    assert ended.code == 3, ended
    assert "no longer exists" in ended.out
    small.recovers(_changed())


def test_an_object_that_vanishes_before_its_deletion_is_as_good_as_deleted(small: World) -> None:
    fleet = small_fleet()
    del fleet.assistants["reader"]
    small.declare(fleet)
    reader = small.server.assistant("reader")["id"]
    small.proxy.on("GET", f"/assistants/{reader}").first(
        lambda _: small.server.call("DELETE", f"/assistants/{reader}")
    )
    small.recovers(fleet)


def test_a_file_that_changes_on_disk_before_its_upload(world: World) -> None:
    world.declare(small_fleet())
    paper = world.project / "assistants/docs/paper.md"
    world.proxy.on("GET", "/assistants").first(lambda _: paper.write_text("A paper\n"))
    ended = world.apply()
    assert ended.code in (3, 5), ended
    assert "docs/paper.md changed after the plan was made" in ended.out
    world.declare(small_fleet())
    world.recovers(small_fleet())


# --- Plan files ---------------------------------------------------------------


@pytest.fixture
def saved(small: World) -> Path:
    """A plan file that updates one assistant."""
    small.declare(_changed())
    path = small.project / "change.plan"
    assert small.retinue("plan", "--out", str(path)).code == 0
    return path


def _apply_file(world: World, path: Path, *argv: str) -> tuple[int, str]:
    ended = world.retinue("apply", str(path), *argv)
    return ended.code, ended.out + ended.err


def test_a_plan_file_is_applied_once(small: World, saved: Path) -> None:
    assert _apply_file(small, saved)[0] == 0
    small.is_as(_changed())
    code, said = _apply_file(small, saved)
    assert code == 5
    assert "applied already" in said
    small.plan_is_empty()


def test_a_plan_file_survives_what_does_not_concern_it(small: World, saved: Path) -> None:
    _edit(small, "writer", instructions="Somebody else's business.")
    small.server.call("POST", "/assistants", {"model": "gpt-4o", "name": "a stranger"})
    assert _apply_file(small, saved)[0] == 0
    assert small.server.assistant("reader")["instructions"] == "Read aloud."
    assert small.server.assistant("writer")["instructions"] == "Somebody else's business."


def test_a_plan_file_is_stale_once_its_object_was_edited(small: World, saved: Path) -> None:
    _edit(small, "reader", instructions="Edited.")
    before = small.state_file.read_bytes()
    code, said = _apply_file(small, saved)
    assert code == 5
    assert "assistant.reader" in said
    assert small.server.assistant("reader")["instructions"] == "Edited."
    assert small.state_file.read_bytes() == before


def test_a_plan_file_is_stale_once_its_object_is_gone(small: World, saved: Path) -> None:
    reader = small.server.assistant("reader")["id"]
    small.server.call("DELETE", f"/assistants/{reader}")
    assert _apply_file(small, saved)[0] == 5


def test_a_plan_file_is_stale_once_the_same_was_applied_another_way(
    small: World, saved: Path
) -> None:
    assert small.apply().code == 0
    assert _apply_file(small, saved)[0] == 5
    small.is_as(_changed())


def test_a_plan_file_that_creates_is_stale_once_that_was_created(world: World) -> None:
    world.declare(small_fleet())
    path = world.project / "first.plan"
    assert world.retinue("plan", "--out", str(path)).code == 0
    assert world.apply().code == 0
    code, _ = _apply_file(world, path)
    assert code == 5
    world.is_as(small_fleet())


def test_a_plan_file_that_creates_is_stale_once_another_checkout_created_that(
    world: World,
) -> None:
    world.declare(small_fleet())
    other = world.project.parent / "other"
    shutil.copytree(world.project, other)
    path = world.project / "first.plan"
    assert world.retinue("plan", "--out", str(path)).code == 0
    assert world.retinue(*APPLY, project=other).code == 0
    code, said = _apply_file(world, path)
    assert code == 5, said
    world.recovers(small_fleet())


def test_a_plan_file_that_was_killed_half_way_is_used_up(world: World) -> None:
    world.declare(small_fleet())
    path = world.project / "first.plan"
    assert world.retinue("plan", "--out", str(path)).code == 0
    ended = world.killed_at_request(7, "after", "apply", str(path))
    assert ended.killed, ended
    code, said = _apply_file(world, path)
    assert code == 5
    assert "applied already" in said
    world.recovers(small_fleet())


def test_a_plan_file_whose_upload_changed_on_disk(world: World) -> None:
    world.declare(small_fleet())
    path = world.project / "first.plan"
    assert world.retinue("plan", "--out", str(path)).code == 0
    world.write("assistants/docs/paper.md", "A paper\n")
    code, said = _apply_file(world, path)
    assert code in (3, 5)
    assert "docs/paper.md changed after the plan was made" in said


@pytest.mark.parametrize("key", ["after", "id", "project", "action", "torn", "empty"])
def test_a_plan_file_that_was_tampered_with(small: World, saved: Path, key: str) -> None:
    text = saved.read_text(encoding="utf-8")
    document = json.loads(text)
    (change,) = [c for c in document["resource_changes"] if c["action"] == "update"]
    if key == "after":
        change["change"]["after"]["instructions"] = "Do evil."
    elif key == "id":
        change["id"] = small.server.assistant("writer")["id"]
    elif key == "project":
        document["project"] = "another"
    elif key == "action":
        change["action"] = "delete"
    text = json.dumps(document)
    saved.write_text({"torn": text[:-100], "empty": ""}.get(key, text), encoding="utf-8")
    before = small.state_file.read_bytes()
    code, said = _apply_file(small, saved)
    assert code == 1, said
    assert "Traceback" not in said
    assert small.server.assistant("reader")["instructions"] == "You are a reader."
    assert small.state_file.read_bytes() == before


def test_a_plan_file_of_another_stack(small: World) -> None:
    small.write(
        "retinue.yaml", "project: fleet\nplatform: {api: openai}\nstacks: {default: {}, prod: {}}\n"
    )
    path = small.project / "prod.plan"
    assert small.retinue("plan", "--stack", "prod", "--out", str(path)).code == 0
    code, said = _apply_file(small, path, "--stack", "default")
    assert code == 1, said
    assert "fleet/prod" in said
    assert "fleet/default" in said
    small.is_as(small_fleet())


def test_apply_approved_refuses_another_plan(small: World) -> None:
    small.declare(_changed())
    planned = json.loads(small.retinue("plan", "--json").out)
    _edit(small, "reader", instructions="Edited meanwhile.")
    ended = small.retinue("apply", "--approved", planned["digest"])
    assert ended.code == 5, ended
    assert small.server.assistant("reader")["instructions"] == "Edited meanwhile."
    now = json.loads(small.retinue("plan", "--json").out)
    assert small.retinue("apply", "--approved", now["digest"]).code == 0
    small.is_as(_changed())


def test_an_apply_without_approval_changes_nothing(small: World) -> None:
    small.declare(_changed())
    ended = small.retinue(APPLY[0])
    assert ended.code == 4, ended
    small.is_as(small_fleet())
