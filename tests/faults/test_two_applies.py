"""Two applies at once, leases of the dead and of others, and checkouts that share no state."""

from __future__ import annotations

import json
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.fleet import expected, first_fleet, small_fleet
from tests.support.world import APPLY, World


def test_two_applies_of_one_stack(world: World) -> None:
    """One wins, the other says who holds the stack; the result is that of one."""
    world.declare(first_fleet())
    world.proxy.on("*", "**", times=None).delay(0.02)
    first = world.start(*APPLY)
    first.until(lambda: bool(world.proxy.requests), "a request")
    second = world.retinue(*APPLY)
    assert second.code == 6, second
    assert f"(pid {first.pid})" in second.err
    assert "since" in second.err
    assert first.wait().code == 0
    world.proxy.heal()
    world.is_as(first_fleet())
    world.plan_is_empty()


@pytest.mark.parametrize("_", range(5))
def test_two_applies_started_together(world: World, _: int) -> None:
    world.declare(first_fleet())
    both = [world.start(*APPLY), world.start(*APPLY)]
    codes = sorted(running.wait().code for running in both)
    assert codes in ([0, 6], [0, 0])  # the second may have come when the first was through
    loser = next((running.wait() for running in both if running.wait().code == 6), None)
    assert loser is None or "(pid " in loser.err
    world.is_as(first_fleet())
    world.plan_is_empty()


def test_plan_needs_no_lease(world: World) -> None:
    world.declare(small_fleet())
    world.proxy.on("POST", "/files", times=None).delay(0.5)
    running = world.start(*APPLY)
    running.until(lambda: bool(world.proxy.seen("POST", "/files")), "POST /files")
    assert world.retinue("plan").code == 0
    assert running.wait().code == 0


# --- Leases ---------------------------------------------------------------


def _holder(**fields: Any) -> str:
    now = time.time()
    there = {"owner": "somebody", "host": "elsewhere", "pid": 1, "since": now, "renewed": now}
    return json.dumps({**there, **fields})


def test_the_lease_of_a_dead_process_is_taken_over(world: World) -> None:
    world.declare(first_fleet())
    killed = world.apply_killed_at_request(20, "after")
    assert killed.killed
    assert json.loads(world.lock_file.read_text())["host"] == socket.gethostname()
    recovered = world.recovers(first_fleet())
    assert "took over the lease of" in recovered.err
    assert "which ended without giving it back" in recovered.err
    assert world.lock_file.read_text() == ""


def test_a_live_lease_of_another_machine_is_respected(applied: World) -> None:
    applied.lock_file.write_text(_holder())
    before = applied.state_file.read_bytes()
    ended = applied.apply()
    assert ended.code == 6, ended
    assert "somebody@elsewhere (pid 1)" in ended.err
    assert applied.retinue("plan", "--detailed-exitcode").code == 0
    assert applied.state_file.read_bytes() == before


def test_a_lease_of_another_machine_that_is_not_renewed_is_taken_over(applied: World) -> None:
    applied.lock_file.write_text(_holder(renewed=time.time() - 120))
    ended = applied.apply()
    assert ended.code == 0, ended
    assert "took over the lease of somebody@elsewhere" in ended.err


def test_unlock(applied: World) -> None:
    applied.lock_file.write_text(_holder())
    assert applied.apply().code == 6
    unlocked = applied.retinue("unlock")
    assert unlocked.code == 0
    assert "somebody@elsewhere" in unlocked.out
    assert applied.apply().code == 0
    assert "not locked" in applied.retinue("unlock").out


def test_unlock_refuses_while_a_process_of_this_machine_works(world: World) -> None:
    world.declare(small_fleet())
    world.proxy.on("POST", "/files", times=None).delay(0.5)
    running = world.start(*APPLY)
    running.until(lambda: bool(world.proxy.seen("POST", "/files")), "POST /files")
    ended = world.retinue("unlock")
    assert ended.code == 6, ended
    assert f"(pid {running.pid})" in ended.err
    assert running.wait().code == 0


# --- Checkouts that share no state ---------------------------------------------------------------


def _checkout(world: World, name: str) -> Path:
    """The project once more, without its state."""
    folder = world.project.parent / name
    shutil.copytree(world.project, folder, ignore=shutil.ignore_patterns(".retinue"))
    return folder


def test_a_checkout_without_state_adopts_what_is_there(world: World) -> None:
    """Markers are found, and files through the stores and assistants that use them: no copy."""
    world.declare(small_fleet())
    other = _checkout(world, "other")
    assert world.apply().code == 0
    before = world.server.ids()
    for folder in (other, world.project):
        applied = world.retinue(*APPLY, project=folder)
        assert applied.code == 0, applied
        assert world.server.ids() == before
        planned = world.retinue("plan", "--detailed-exitcode", project=folder)
        assert planned.code == 0, planned
    world.is_as(small_fleet())


def test_two_checkouts_at_the_same_time(world: World) -> None:
    """Without a common state nothing keeps two runs apart: each makes its own objects and stays
    with them. Both name the other's as strays, and neither deletes them."""
    world.declare(small_fleet())
    other = _checkout(world, "other")
    world.proxy.on("*", "**", times=None).delay(0.05)
    both = [world.start(*APPLY), world.start(*APPLY, project=other)]
    assert [running.wait().code for running in both] == [0, 0]
    world.proxy.heal()
    counts = world.server.counts()
    assert counts == (4, 2, 4)
    for folder in (world.project, other):
        again = world.retinue(*APPLY, project=folder)
        assert again.code == 0, again
        assert "possibly orphaned" in again.out
        assert world.server.counts() == counts


def test_two_checkouts_one_after_the_other_with_all_tools(world: World) -> None:
    """Files of one name and size that only assistants use can't be told apart: they are uploaded
    again. Everything else is adopted, and both checkouts end with an empty plan."""
    fleet = first_fleet()
    world.declare(fleet)
    other = _checkout(world, "other")
    assert world.apply().code == 0
    applied = world.retinue(*APPLY, project=other)
    assert applied.code == 0, applied
    assert world.retinue("plan", "--detailed-exitcode", project=other).code == 0
    wanted, seen = expected(fleet), world.server.look()
    assert seen.stores == wanted.stores
    assert seen.assistants == wanted.assistants
    assert set(seen.files) == set(wanted.files)
    world.apply()
    assert world.retinue("plan", "--detailed-exitcode").code == 0


def test_files_of_another_stack_are_never_taken(world: World) -> None:
    """Two stacks upload the same files to one account within minutes; the second one's upload is
    refused by a 503. What the first stack has is not the second one's."""
    world.write(
        "retinue.yaml",
        "project: fleet\nplatform: {api: openai}\nstacks: {default: {}, prod: {}}\n",
    )
    fleet = small_fleet()
    world.declare(fleet)
    assert world.retinue(*APPLY, "--stack", "default").code == 0
    mine = set(world.server.ids())
    world.proxy.on("POST", "/files").answer(503)
    applied = world.retinue(*APPLY, "--stack", "prod")
    state = json.loads(world.state_file.with_name("prod.json").read_text())
    theirs = {item["id"] for item in state["resources"].values()}
    assert not mine & theirs, applied
