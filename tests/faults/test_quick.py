"""A dozen points of the long matrices, in seconds: the first thing to run after a change."""

from __future__ import annotations

import pytest
from tests.support.fleet import first_fleet, second_fleet
from tests.support.world import World


def test_nothing_happens_and_all_is_well(world: World) -> None:
    world.declare(first_fleet())
    world.recovers(first_fleet())
    world.declare(second_fleet())
    world.recovers(second_fleet())


@pytest.mark.parametrize(("number", "when"), [(6, "after"), (20, "before"), (40, "after")])
def test_first_apply_killed_at_a_request(world: World, number: int, when: str) -> None:
    world.declare(first_fleet())
    assert world.apply_killed_at_request(number, when).killed
    world.recovers(first_fleet())


@pytest.mark.parametrize(("number", "when"), [(8, "after"), (30, "before"), (60, "after")])
def test_changes_killed_at_a_request(applied: World, number: int, when: str) -> None:
    applied.declare(second_fleet())
    assert applied.apply_killed_at_request(number, when).killed
    applied.recovers(second_fleet())


@pytest.mark.parametrize(("at", "when"), [(4, "after"), (8, "torn"), (16, "before")])
def test_changes_killed_at_a_write(applied: World, at: int, when: str) -> None:
    applied.declare(second_fleet())
    assert applied.apply(sabotage={"at": at, "when": when}).killed
    applied.proxy.quiet()
    applied.recovers(second_fleet())


@pytest.mark.parametrize("path", ["/files", "/assistants"])
def test_an_answer_is_lost(world: World, path: str) -> None:
    world.declare(first_fleet())
    world.proxy.on("POST", path, times=3).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert "the answer was lost; found as" in applied.err
    world.is_as(first_fleet())
    world.plan_is_empty()
