"""Answers to creates of every kind that never arrive: nothing twice, nothing lost."""

from __future__ import annotations

import pytest
from tests.support.proxy import Rule
from tests.support.team import (
    declare,
    everything,
    first_team,
    is_team,
    on_target,
    recovers,
    second_team,
)
from tests.support.world import APPLY, World

MARKED = ["/vaults", "/vaults/*/credentials", "/agents", "/agents/automations"]
UNMARKED = ["/skills", "/agents/environments/templates"]
CREATES = [*MARKED, *UNMARKED]


@pytest.mark.parametrize("path", CREATES)
def test_a_create_is_not_sent_again_when_its_answer_is_lost(world: World, path: str) -> None:
    declare(world, first_team())
    world.proxy.on("POST", path, times=None).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert "the answer was lost; found as" in applied.err
    is_team(world, first_team())
    world.plan_is_empty()


def test_all_answers_to_creates_are_lost(world: World) -> None:
    declare(world, first_team())
    for path in (*CREATES, "/files", "/vector_stores", "/assistants"):
        world.proxy.on("POST", path, times=None).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    is_team(world, first_team())
    world.plan_is_empty()


@pytest.mark.parametrize("path", ["/vaults/*/credentials", "/skills"])
def test_a_create_is_repeated_safely_after_a_server_error(world: World, path: str) -> None:
    declare(world, first_team())
    world.proxy.on("POST", path).answer(503)
    applied = world.apply()
    assert applied.code == 0, applied
    assert "sent again" in applied.err
    is_team(world, first_team())
    world.plan_is_empty()


@pytest.mark.parametrize("path", CREATES)
def test_lists_may_lag_behind_a_lost_answer(world: World, path: str) -> None:
    declare(world, first_team())
    world.proxy.lag(younger_than=1.0)
    world.proxy.on("POST", path).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    is_team(world, first_team())


@pytest.mark.parametrize("path", ["/vaults", "/agents"])
def test_a_second_copy_is_deleted_once_lists_show_it(world: World, path: str) -> None:
    """Lists that lag longer than we look: a copy is made, and the next apply removes it."""
    _make_a_copy(world, path)
    assert world.retinue("plan", "--detailed-exitcode").code == 2
    assert "second copy" in recovers(world, first_team()).out


@pytest.mark.parametrize("path", UNMARKED)
def test_a_second_copy_without_a_marker_is_named_but_never_deleted(world: World, path: str) -> None:
    """Nothing proves that it is ours: another stack may have made the very same."""
    _make_a_copy(world, path)
    before = everything(world.server)
    again = world.apply()
    assert again.code == 0, again
    assert "it may be a second copy" in again.out
    assert everything(world.server) == before
    world.plan_is_empty()


def _make_a_copy(world: World, path: str) -> None:
    """Apply so that something is made twice; from then on nothing lags."""
    declare(world, first_team())
    world.proxy.lag(younger_than=60.0)
    world.proxy.on("POST", path).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert "sent again" in applied.err
    world.proxy.heal()


UPDATES = [
    "/vaults/*",
    "/vaults/*/credentials/*",
    "/skills/*",
    "/agents/*",
    "/agents/environments/templates/*",
    "/agents/automations/*",
    "/agents/automations/*/pause",
]


@pytest.mark.parametrize("path", UPDATES)
def test_an_update_is_repeated_when_its_answer_is_lost(world: World, path: str) -> None:
    _change_the_team(world, path)
    recovers(world, second_team())


def test_a_version_of_a_skill_is_not_sent_again_by_the_same_apply(world: World) -> None:
    """It may be there: the next apply makes another, and one stays that nobody points to."""
    rule = _change_the_team(world, "/skills/*/versions")
    failed = world.apply()
    assert failed.code == 3, failed
    assert rule.taken == 1
    recovers(world, second_team())
    (skill,) = world.server.every("/skills")
    assert (skill["default_version"], skill["latest_version"]) == ("3", "3")


def _change_the_team(world: World, path: str) -> Rule:
    """Declare what comes after the first team; an answer on ``path`` is going to be lost."""
    declare(world, first_team())
    recovers(world, first_team())
    declare(world, second_team())
    return world.proxy.on("POST", path).cut_after()


@pytest.mark.parametrize(
    ("start", "end", "path"),
    [("assistants", "agents", "/agents"), ("agents", "assistants", "/assistants")],
)
def test_the_answer_to_the_first_half_of_a_switch_is_lost(
    world: World, start: str, end: str, path: str
) -> None:
    declare(world, on_target(start))
    recovers(world, on_target(start))
    declare(world, on_target(end))
    world.proxy.on("POST", path, times=None).cut_after()
    recovers(world, on_target(end))


@pytest.mark.parametrize("path", ["/assistants/*", "/agents/*"])
def test_the_second_half_of_a_switch_fails(world: World, path: str) -> None:
    """The old object can't be deleted: it is remembered, and the next apply deletes it."""
    start, end = ("assistants", "agents") if "assistants" in path else ("agents", "assistants")
    declare(world, on_target(start))
    recovers(world, on_target(start))
    declare(world, on_target(end))
    world.proxy.on("DELETE", path, times=None).answer(400, message="not today")
    failed = world.apply()
    assert failed.code == 3, failed
    assert "not today" in failed.out
    world.proxy.heal()
    assert world.retinue("plan", "--detailed-exitcode").code == 2
    recovers(world, on_target(end))


def test_a_switch_back_while_the_old_one_still_waits_to_be_deleted(world: World) -> None:
    for target in ("assistants", "agents"):
        declare(world, on_target(target))
        world.proxy.on("DELETE", "/assistants/*", times=None).answer(400)
        world.apply()
    world.proxy.heal()
    declare(world, on_target("assistants"))
    recovers(world, on_target("assistants"))


def test_the_old_family_is_closed_while_all_assistants_move(world: World) -> None:
    """What OpenAI did on 2026-08-26: the objects are gone with the family, and nothing asks for
    them any more."""
    declare(world, on_target("assistants"))
    recovers(world, on_target("assistants"))
    declare(world, on_target("responses"))
    for path in ("/assistants", "/assistants/*"):
        world.proxy.on("*", path, times=None).answer(404, message="unknown URL")
    applied = world.apply()
    assert applied.code == 0, applied
    world.plan_is_empty()
    assert not any(item["deposed"] for item in world.state["resources"].values())


def test_a_family_that_closes_while_an_answer_is_lost(world: World) -> None:
    """A create of which nobody will ever hear again doesn't keep a stack from going on; how long
    it is looked for, tests/unit/engine/test_refresh.py says."""
    declare(world, on_target("assistants"))
    assert world.killed_at(world.proxy.on("POST", "/assistants"), "after", *APPLY).killed
    declare(world, on_target("responses"))
    for path in ("/assistants", "/assistants/*"):
        world.proxy.on("*", path, times=None).answer(404, message="unknown URL")
    applied = world.apply()
    assert applied.code == 0, applied
    world.plan_is_empty()
