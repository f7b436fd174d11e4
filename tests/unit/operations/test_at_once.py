"""How much an apply does at a time: requests as many as were asked for, and never more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from tests.worlds.wire import Wire
from tests.worlds.world import World, a_world

from retinue.engine.events import StepDone, StepStarted

TEAM = {"assistants": {f"tutor-{n}": {"model": "gpt-4o"} for n in range(20)}}


@dataclass
class Watched(Wire):
    """A wire that knows how many requests were on it at once."""

    now: int = 0
    most: int = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super().handle_async_request(request)
        finally:
            self.now -= 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made


def steps_at_once(world: World) -> int:
    """The most steps that the last apply had begun and not yet ended."""
    now = most = 0
    for event in world.events:
        now += isinstance(event, StepStarted)
        now -= isinstance(event, StepDone)
        most = max(most, now)
    return most


@pytest.mark.parametrize(("parallelism", "steps"), [(1, 1), (4, 5), (8, 10)])
def test_steps_that_send_nothing_just_now_take_no_place_from_others(
    world: World, parallelism: int, steps: int
) -> None:
    world.declare(TEAM)
    world.parallelism = parallelism
    wire = world.wire = Watched(world.wire.app)
    world.apply()
    assert wire.most <= parallelism
    assert steps_at_once(world) == steps
