"""Answers that never arrive, and answers that refuse: nothing twice, nothing lost, a clear word."""

from __future__ import annotations

import pytest
from tests.support.fleet import first_fleet, small_fleet
from tests.support.world import World

CREATES = ["/files", "/vector_stores", "/assistants"]


def _creates(world: World) -> int:
    return sum(len(world.proxy.seen("POST", path)) for path in CREATES)


# --- The answer to a create is lost ---------------------------------------------------------------


@pytest.mark.parametrize("path", CREATES)
def test_a_create_is_not_sent_again_when_its_answer_is_lost(world: World, path: str) -> None:
    world.declare(small_fleet())
    world.proxy.on("POST", path).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert "the answer was lost; found as" in applied.err
    assert _creates(world) == small_fleet().size
    world.is_as(small_fleet())
    world.plan_is_empty()


def test_all_answers_to_creates_are_lost(world: World) -> None:
    """Files of one name and size among them: each is found by its own turn."""
    world.declare(first_fleet())
    for path in CREATES:
        world.proxy.on("POST", path, times=None).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert _creates(world) == first_fleet().size
    world.is_as(first_fleet())
    world.plan_is_empty()


@pytest.mark.parametrize("path", CREATES)
def test_lists_may_lag_behind_a_lost_answer(world: World, path: str) -> None:
    world.declare(small_fleet())
    world.proxy.lag(younger_than=1.0)
    world.proxy.on("POST", path).cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert _creates(world) == small_fleet().size
    world.is_as(small_fleet())


def test_lists_may_hide_what_is_new_after_a_kill(world: World) -> None:
    """The next run doesn't see the object, makes another, and the one after that clears up."""
    world.declare(small_fleet())
    number = 0

    def count(_: object) -> None:
        nonlocal number
        number = len(world.proxy.requests)

    world.proxy.on("POST", "/assistants").first(count)
    world.apply()
    world.retinue("destroy", "--auto-approve")
    world.apply_killed_at_request(number, "after")
    world.proxy.lag(younger_than=60.0)
    assert world.apply().code == 0
    world.proxy.heal()
    applied = world.recovers(small_fleet())
    if world.proxy.seen("DELETE", "/assistants/*"):
        assert "second copy" in applied.out + applied.err


def test_a_second_copy_is_deleted_once_lists_show_it(world: World) -> None:
    """Lists that lag longer than we look: a copy is made, and the next apply removes it."""
    world.declare(small_fleet())
    world.proxy.lag(younger_than=60.0)
    world.proxy.on("POST", "/assistants").cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert "sent again" in applied.err
    assert world.server.counts() == (2, 1, 3)
    world.proxy.heal()
    assert world.retinue("plan", "--detailed-exitcode").code == 2
    assert "second copy" in world.recovers(small_fleet()).out


def test_a_second_copy_of_a_file_is_named_but_never_deleted(world: World) -> None:
    """Nothing proves that it is ours: another stack may have uploaded the very same."""
    world.declare(small_fleet())
    world.proxy.lag(younger_than=60.0)
    world.proxy.on("POST", "/files").cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    assert world.server.counts() == (3, 1, 2)
    world.proxy.heal()
    again = world.apply()
    assert again.code == 0, again
    assert "it may be a second copy" in again.out
    assert world.server.counts() == (3, 1, 2)
    world.plan_is_empty()


@pytest.mark.parametrize("what", ["cut_before", "cut_after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/vector_stores/*/file_batches"),
        ("GET", "/vector_stores/*/file_batches/*"),
        ("GET", "/files"),
        ("GET", "/assistants"),
    ],
)
def test_what_may_be_repeated_is_repeated(world: World, method: str, path: str, what: str) -> None:
    world.declare(small_fleet())
    on = world.proxy.on(method, path)
    on.cut_before() if what == "cut_before" else on.cut_after()
    applied = world.apply()
    assert applied.code == 0, applied
    world.is_as(small_fleet())
    world.plan_is_empty()


# --- The platform refuses for a while -----------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("path", CREATES)
def test_a_create_is_repeated_safely_after_a_server_error(
    world: World, path: str, status: int
) -> None:
    world.declare(small_fleet())
    world.proxy.on("POST", path).answer(status)
    applied = world.apply()
    assert applied.code == 0, applied
    assert "sent again" in applied.err
    world.is_as(small_fleet())
    world.plan_is_empty()


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "1"}])
def test_a_storm_of_429_passes(world: World, headers: dict[str, str]) -> None:
    world.declare(first_fleet())
    world.proxy.on("*", "**", skip=4, times=12).answer(429, headers=headers)
    applied = world.apply()
    assert applied.code == 0, applied
    assert f"Resources: {first_fleet().size} added" in applied.out
    world.is_as(first_fleet())
    world.plan_is_empty()


def test_429_on_every_other_request_is_got_through(world: World) -> None:
    world.declare(first_fleet())
    every_other = iter(range(10_000))
    world.proxy.on("*", "**", times=None, where=lambda _: next(every_other) % 2 == 0).answer(
        429, headers={"Retry-After-Ms": "5"}
    )
    applied = world.apply()
    assert applied.code == 0, applied
    world.is_as(first_fleet())


# --- The platform refuses for good ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 7, "check the API key"),
        (403, 7, "check the API key"),
        (429, 1, "rate limit"),
        (500, 1, "500"),
        (503, 1, "503"),
    ],
)
def test_a_platform_that_can_not_be_read(
    applied: World, status: int, code: int, words: str
) -> None:
    before = applied.state_file.read_bytes()
    changed = first_fleet()
    changed.assistants["assistant-1"]["instructions"] = "Changed."
    applied.declare(changed)
    headers = {"Retry-After-Ms": "1"}
    applied.proxy.on("*", "**", times=None).answer(status, headers=headers, message="no way")
    for command in (["plan"], ["apply", "--auto-approve"]):
        ended = applied.retinue(*command)
        assert ended.code == code, ended
        assert "no way" in ended.err
        assert words in ended.err
        assert "Traceback" not in ended.err
    assert applied.state_file.read_bytes() == before
    applied.proxy.heal()
    applied.recovers(changed)


def test_a_wait_that_is_too_long_is_not_waited(applied: World) -> None:
    applied.proxy.on("*", "**", times=None).answer(429, headers={"Retry-After": "86400"})
    ended = applied.retinue("plan")
    assert ended.code == 1, ended
    assert "asks to wait for 86400 s" in ended.err
    assert ended.seconds < 5


def test_a_family_that_is_gone_is_not_taken_for_deleted_objects(applied: World) -> None:
    before = applied.state_file.read_bytes()
    applied.proxy.on("*", "/assistants**", times=None).answer(404, message="unknown URL")
    ended = applied.apply()
    assert ended.code == 1, ended
    assert "has no /assistants" in ended.err
    assert applied.state_file.read_bytes() == before
    applied.proxy.heal()
    applied.recovers(first_fleet())


def test_nobody_listens(applied: World) -> None:
    before = applied.state_file.read_bytes()
    ended = applied.retinue("plan", env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert ended.code == 1, ended
    assert "can't reach http://127.0.0.1:9/v1" in ended.err
    assert applied.state_file.read_bytes() == before


def test_a_key_that_is_missing(applied: World) -> None:
    ended = applied.retinue("plan", env={"OPENAI_API_KEY": ""})
    assert ended.code == 7, ended
    assert "OPENAI_API_KEY is not set" in ended.err


@pytest.mark.parametrize("status", [400, 401, 503])
def test_creates_that_fail_for_good(world: World, status: int) -> None:
    """Only writing fails: what was done is kept, and the next apply goes on from there."""
    world.declare(small_fleet())
    world.proxy.on("POST", "/assistants", times=None).answer(status, message="not today")
    ended = world.apply()
    assert ended.code == 3, ended
    assert "not today" in ended.out
    assert world.server.counts() == (2, 1, 0)
    world.proxy.heal()
    world.recovers(small_fleet())
    assert len(world.proxy.seen("POST", "/files")) == 2


def test_an_outage_in_the_middle(world: World) -> None:
    world.declare(first_fleet())
    world.proxy.on("*", "**", skip=20, times=None).cut_before()
    ended = world.apply()
    assert ended.code == 3, ended
    assert ended.seconds < 60
    world.proxy.heal()
    world.recovers(first_fleet())
