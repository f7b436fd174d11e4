"""SIGKILL before, in the middle of and after everything that an apply makes durable: every line of
the journal, the lease, the state file's content, its rename, the removal of the journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.fleet import first_fleet, second_fleet
from tests.support.world import World

FIRST = range(1, 91)
"""Numbers of durable operations, one after the other: every line of the journal has its own."""

SECOND = range(1, 43)
"""The same with eight steps at once, which share some; so the count varies a little."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", FIRST)
def test_first_apply(world: World, at: int, when: str) -> None:
    world.declare(first_fleet())
    ended = world.apply("--parallelism", "1", sabotage={"at": at, "when": when})
    assert ended.killed or ended.code == 0, ended
    world.proxy.quiet()
    world.recovers(first_fleet())


@pytest.mark.parametrize("when", ["before", "torn", "after"])
@pytest.mark.parametrize("at", SECOND)
def test_apply_of_changes(applied: World, at: int, when: str) -> None:
    applied.declare(second_fleet())
    ended = applied.apply(sabotage={"at": at, "when": when})
    assert ended.killed or ended.code == 0, ended
    applied.proxy.quiet()
    applied.recovers(second_fleet())


def test_the_matrices_are_wide_enough(world: World, tmp_path: Path) -> None:
    world.declare(first_fleet())
    first = _operations(world, tmp_path / "first", "--parallelism", "1")
    world.declare(second_fleet())
    second = _operations(world, tmp_path / "second")
    assert 60 < first < FIRST.stop
    assert 20 < second < SECOND.stop


def _operations(world: World, log: Path, *argv: str) -> int:
    applied = world.apply(*argv, sabotage={"log": str(log)})
    assert applied.code == 0, applied
    return len(log.read_text(encoding="utf-8").splitlines())
