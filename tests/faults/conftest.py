"""What the faults suite shares: the zygote and the proxy once per worker, a world per test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.fleet import first_fleet
from tests.support.launch import Launcher, launcher
from tests.support.proxy import Proxy
from tests.support.world import World, world_in

if sys.platform == "win32":
    pytest.skip("SIGKILL and fork are POSIX", allow_module_level=True)


@pytest.fixture(scope="session")
def starter() -> Iterator[Launcher]:
    with launcher() as started:
        yield started


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    with Proxy().running() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, starter: Launcher, proxy: Proxy) -> Iterator[World]:
    """An empty platform and an empty project."""
    with world_in(tmp_path, starter, proxy) as made:
        yield made


@pytest.fixture(scope="session")
def _applied(tmp_path_factory: pytest.TempPathFactory, starter: Launcher, proxy: Proxy) -> Path:
    """A folder with the first fleet applied: project, state and the platform's database."""
    folder = tmp_path_factory.mktemp("applied")
    with world_in(folder, starter, proxy) as world:
        world.declare(first_fleet())
        world.recovers(first_fleet())
    return folder


@pytest.fixture
def applied(tmp_path: Path, _applied: Path, starter: Launcher, proxy: Proxy) -> Iterator[World]:
    """A world in which the first fleet was applied."""
    with world_in(tmp_path, starter, proxy, _applied) as made:
        yield made
