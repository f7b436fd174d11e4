"""Whatever a team does and whatever breaks: an apply that ends well keeps the promises.

Part of `make faults`; the unit tests hold a small share of it.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from tests.worlds.machine import Team

TestTeam = Team.TestCase
TestTeam.settings = settings(
    max_examples=150,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
