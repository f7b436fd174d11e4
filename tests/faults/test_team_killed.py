"""Every kind there is, and assistants that change their target, killed at every request and at
everything that is made durable; one more apply, and everything is as it should be.

The words are those of test_killed_at_requests.py and test_killed_at_writes.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.launch import Launcher
from tests.support.proxy import Proxy
from tests.support.team import Team, declare, first_team, on_target, recovers, second_team
from tests.support.world import World, world_in


@dataclass(frozen=True, slots=True)
class Walk:
    """What is applied first, None for nothing, and what then; how many requests and durable
    operations the second apply takes at most, which `test_the_matrices_are_wide_enough` holds."""

    start: Team | None
    end: Team
    requests: int
    writes: int


WALKS: Mapping[str, Walk] = {
    "all-kinds-made": Walk(None, first_team(), 27, 37),
    "all-kinds-changed": Walk(first_team(), second_team(), 41, 30),
    "assistants-to-responses": Walk(on_target("assistants"), on_target("responses"), 9, 14),
    "assistants-to-agents": Walk(on_target("assistants"), on_target("agents"), 12, 16),
    "agents-to-assistants": Walk(on_target("agents"), on_target("assistants"), 12, 16),
}
REQUESTS = [
    (name, number, when)
    for name, walk in WALKS.items()
    for number in range(1, walk.requests + 1)
    for when in ("before", "after")
]
WRITES = [
    (name, number, when)
    for name, walk in WALKS.items()
    for number in range(1, walk.writes + 1)
    for when in ("torn", "after")
]
"""With one step at a time, so that each line of the journal is one operation. What is no write to a
file can't be torn: it has not happened then."""

Begin = Callable[[Walk], World]


@pytest.fixture(scope="session")
def started(
    tmp_path_factory: pytest.TempPathFactory, starter: Launcher, proxy: Proxy
) -> Callable[[Team], Path]:
    """Gives the folder in which a team was applied: project, state and the platform's database."""
    folders: dict[str, Path] = {}

    def folder(team: Team) -> Path:
        if team.name not in folders:
            made = tmp_path_factory.mktemp(team.name)
            with world_in(made, starter, proxy) as world:
                declare(world, team)
                recovers(world, team)
            folders[team.name] = made
        return folders[team.name]

    return folder


@pytest.fixture
def begin(
    tmp_path: Path, starter: Launcher, proxy: Proxy, started: Callable[[Team], Path]
) -> Iterator[Begin]:
    """Gives the world at the start of a walk, with its end declared."""
    with ExitStack() as stack:

        def world(walk: Walk) -> World:
            template = started(walk.start) if walk.start is not None else None
            made = stack.enter_context(world_in(tmp_path, starter, proxy, template))
            declare(made, walk.end)
            return made

        yield world


@pytest.mark.parametrize(("name", "number", "when"), REQUESTS)
def test_killed_at_a_request(begin: Begin, name: str, number: int, when: str) -> None:
    world = begin(WALKS[name])
    ended = world.apply_killed_at_request(number, when)
    assert ended.killed or ended.code == 0, ended
    recovers(world, WALKS[name].end)


@pytest.mark.parametrize(("name", "at", "when"), WRITES)
def test_killed_at_a_write(begin: Begin, name: str, at: int, when: str) -> None:
    world = begin(WALKS[name])
    ended = world.apply("--parallelism", "1", sabotage={"at": at, "when": when})
    assert ended.killed or ended.code == 0, ended
    world.proxy.quiet()
    recovers(world, WALKS[name].end)


@pytest.mark.parametrize("name", WALKS)
def test_the_matrices_are_wide_enough(begin: Begin, name: str, tmp_path: Path) -> None:
    walk, log = WALKS[name], tmp_path / "log"
    world = begin(walk)
    applied = world.apply("--parallelism", "1", sabotage={"log": str(log)})
    assert applied.code == 0, applied
    requests, writes = len(world.proxy.requests), len(log.read_text("utf-8").splitlines())
    assert walk.requests - 4 < requests <= walk.requests
    assert walk.writes - 4 < writes <= walk.writes
