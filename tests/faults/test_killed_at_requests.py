"""SIGKILL at every request of an apply; one more apply, and everything is as it should be.

"before": the request has left Retinue, the server never hears of it. "after": the server has done
it, the answer never arrives.
"""

from __future__ import annotations

import pytest
from tests.support.fleet import expected, first_fleet, second_fleet
from tests.support.world import World

FIRST = range(1, 54)
"""Numbers of the first apply's requests; `test_the_matrices_are_wide_enough` holds them."""

SECOND = range(1, 87)
"""The same for the apply of the second fleet."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", FIRST)
def test_first_apply(world: World, number: int, when: str) -> None:
    world.declare(first_fleet())
    ended = world.apply_killed_at_request(number, when)
    assert ended.killed or ended.code == 0, ended
    world.recovers(first_fleet())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", SECOND)
def test_apply_of_changes(applied: World, number: int, when: str) -> None:
    applied.declare(second_fleet())
    ended = applied.apply_killed_at_request(number, when)
    assert ended.killed or ended.code == 0, ended
    applied.recovers(second_fleet())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 92, 6))
def test_destroy(applied: World, number: int, when: str) -> None:
    ended = applied.killed_at_request(number, when, "destroy", "--auto-approve")
    assert ended.killed or ended.code == 0, ended
    destroyed = applied.retinue("destroy", "--auto-approve")
    assert destroyed.code == 0, destroyed
    assert applied.server.counts() == (0, 0, 0)
    assert not applied.state["resources"]


@pytest.mark.parametrize("step", [3, 5, 7, 11])
def test_killed_again_and_again(world: World, step: int) -> None:
    """Repairs are killed, too. A file that can't be told from another one is named, not guessed:
    that takes two files of one name and size, and a second kill within minutes."""
    world.declare(first_fleet())
    said = ""
    for number in range(step, 60, step):
        said += world.apply_killed_at_request(number, "after" if number % 2 else "before").out
    last = world.apply()
    assert last.code == 0, last
    world.plan_is_empty()
    seen, wanted = world.server.look(), expected(first_fleet())
    assert seen.stores == wanted.stores
    assert seen.assistants == wanted.assistants
    recorded = {item["id"] for item in world.state["resources"].values()}
    strays = set(world.server.ids()) - recorded
    assert all(stray.startswith("file-") and stray in said + last.out for stray in strays), strays


def test_the_matrices_are_wide_enough(world: World) -> None:
    world.declare(first_fleet())
    assert world.apply().code == 0
    first = len(world.proxy.requests)
    assert 40 < first < FIRST.stop
    world.declare(second_fleet())
    assert world.apply().code == 0
    assert 60 < len(world.proxy.requests) - first < SECOND.stop
