"""A small share of tests/property, quick enough for every run: see `tests.worlds.machine`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from tests.worlds.machine import Team

TestTeam = Team.TestCase
TestTeam.settings = settings(
    max_examples=10,
    stateful_step_count=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
