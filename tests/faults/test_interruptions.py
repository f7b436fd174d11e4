"""Signals, and the failure of one resource among many: what runs is finished, what is done is
saved, what is left is named."""

from __future__ import annotations

import signal

import pytest
from tests.support.fleet import first_fleet, small_fleet
from tests.support.launch import Running
from tests.support.world import APPLY, World


def _under_way(world: World, path: str, seconds: float) -> Running:
    """An apply that has sent a first POST to ``path``, which takes a while."""
    world.proxy.on("POST", path, times=None).delay(seconds)
    running = world.start(*APPLY, "--parallelism", "4")
    running.until(lambda: bool(world.proxy.seen("POST", path)), f"POST {path}")
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_drains_and_saves(world: World, number: int) -> None:
    world.declare(first_fleet())
    running = _under_way(world, "/files", 0.3)
    running.signal(number)
    ended = running.wait(20)
    assert ended.code == 130, ended
    assert "stopping:" in ended.err
    assert "Done:" in ended.out
    assert "Skipped:" in ended.out
    assert "stopped" in ended.out
    # Whatever was sent is in the state, and nothing else was sent.
    sent = len(world.proxy.seen("POST", "/files"))
    assert 1 <= sent < len(first_fleet().files)
    assert len(world.state["resources"]) == sent
    assert world.state["pending"] == {}
    assert sorted(item["id"] for item in world.state["resources"].values()) == world.server.ids()
    assert not world.journal_file.exists()
    world.proxy.heal()
    world.recovers(first_fleet())


def test_the_second_signal_leaves_at_once(world: World) -> None:
    world.declare(first_fleet())
    running = _under_way(world, "/files", 3.0)
    running.signal(signal.SIGINT)
    running.says("stopping:")
    running.signal(signal.SIGINT)
    ended = running.wait(1.5)
    assert ended.code == 130, ended
    assert "left at once" in ended.err
    world.proxy.quiet()
    world.proxy.heal()
    again = world.recovers(first_fleet())
    assert "created by an interrupted apply" in again.out


def test_a_signal_while_the_platform_says_wait(world: World) -> None:
    """A pause that the platform asked for is no request under way: nobody waits for its end."""
    world.declare(small_fleet())
    world.proxy.on("POST", "/files", times=None).answer(429, headers={"Retry-After": "30"})
    running = world.start(*APPLY)
    running.until(lambda: bool(world.proxy.seen("POST", "/files")), "POST /files")
    running.signal(signal.SIGINT)
    ended = running.wait(5)
    assert ended.code == 130, ended
    assert world.state["pending"] == {}
    world.proxy.heal()
    world.recovers(small_fleet())


def test_a_signal_before_anything_was_changed(world: World) -> None:
    world.declare(small_fleet())
    world.proxy.on("GET", "/assistants", times=None).delay(0.5)
    running = world.start(*APPLY)
    running.until(lambda: bool(world.proxy.requests), "a request")
    running.signal(signal.SIGINT)
    ended = running.wait(20)
    assert ended.code == 130, ended
    assert world.server.counts() == (0, 0, 0)
    world.proxy.heal()
    world.recovers(small_fleet())


def test_plan_ends_at_the_first_signal(world: World) -> None:
    world.declare(small_fleet())
    world.proxy.on("GET", "/assistants", times=None).delay(3.0)
    running = world.start("plan")
    running.until(lambda: bool(world.proxy.requests), "a request")
    running.signal(signal.SIGINT)
    ended = running.wait(2.0)
    assert ended.code == 130, ended
    assert "Traceback" not in ended.err


def test_a_failure_skips_its_dependants_only(world: World) -> None:
    fleet = first_fleet()
    world.declare(fleet)
    world.proxy.on(
        "POST", "/vector_stores", where=lambda request: request.json["name"] == "store-2"
    ).answer(400, message="store-2 is not to be")
    ended = world.apply()
    assert ended.code == 3, ended
    waiting = [
        name
        for name, item in fleet.assistants.items()
        if any(tool.get("vector_store") == "store-2" for tool in item["tools"])
    ]
    assert len(waiting) == 2
    assert len(world.state["resources"]) == fleet.size - 1 - len(waiting)
    failed = ended.out.index("Failed:")
    skipped = ended.out.index("Skipped:")
    assert ended.out.index("Done:") < failed < skipped
    assert "store-2 is not to be" in ended.out[failed:skipped]
    for name in waiting:
        assert f"assistant.{name}" in ended.out[skipped:]
    assert f"{fleet.size - 3} added" in ended.out
    assert "1 failed, 2 skipped" in ended.out
    world.recovers(fleet)


def test_a_file_that_can_not_be_indexed_says_why(world: World) -> None:
    fleet = small_fleet()
    fleet.files["table"] = ("docs/table.csv", b"\xff\xfe\x00\x00 not a text")
    world.declare(fleet)
    ended = world.apply()
    assert ended.code == 3, ended
    assert "not indexed: file.table" in ended.out
    world.declare(small_fleet())
    world.recovers(small_fleet())
