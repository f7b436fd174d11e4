"""Every scenario once more, through a plan file: what is saved and read again does the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.test_scenarios import CASES_BY_NAME, arrange, check_platform, options_of
from tests.worlds.world import a_world

from retinue.engine.plan_json import plan_from_json, plan_to_json

APPLIED = [n for n, case in CASES_BY_NAME.items() if not case.keys() & {"error", "refused"}]


@pytest.mark.parametrize("name", APPLIED)
def test_a_saved_plan_does_the_same(name: str, tmp_path: Path) -> None:
    case = CASES_BY_NAME[name]
    with a_world(tmp_path) as world:
        arrange(world, case)
        options = options_of(case)
        planned = world.plan(options)
        text = json.dumps(plan_to_json(planned.plan, planned.verdict))
        plan = plan_from_json(json.loads(text), root=world.project.root, where="the plan")
        assert plan.digest == planned.plan.digest
        before = world.ids()
        applied = world.apply_saved(replace(planned, plan=plan))
        assert applied.outcome is None or applied.outcome.complete, applied.outcome.failed
        check_platform(world, case, before, world.ids())
        if not (options.destroy or plan.empty):
            assert world.plan(options).plan.pending == ()
