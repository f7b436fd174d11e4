"""The schemas of plan documents and JSON lines, and documents that fit."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.render import plans
from tests.unit.render.plans import TUTOR, plan

from retinue.engine.plan import Plan
from retinue.engine.plan_json import plan_from_json, plan_to_json
from retinue.engine.safety import Verdict
from retinue.render.schema_events import events_schema
from retinue.render.schema_plan import drift_schema, plan_schema
from retinue.render.schema_problems import problems_schema

SCHEMAS = {
    "plan": plan_schema(),
    "drift": drift_schema(),
    "problems": problems_schema(),
    "events": events_schema(),
}
VERDICT = Verdict((plans.refusal(),))
DOCUMENT = json.loads(json.dumps(plan_to_json(plans.everything(), VERDICT)))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMAS["plan"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(
    "subject",
    [
        plans.everything(),
        plan(),
        plan(plans.create_paper(), plans.create_tutor()),
        plan(plans.no_op(), plans.update(TUTOR, {"a": 1}, {"a": {"b": [None, 2.5]}})),
    ],
)
def test_every_plan_fits(subject: Plan) -> None:
    document = json.loads(json.dumps(plan_to_json(subject, VERDICT)))
    VALIDATOR.validate(document)
    read = plan_from_json(document, root=Path("/project"), where="plan.json")
    assert read.digest == subject.digest


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of the objects that are ours: not a resource's own attributes."""
    if isinstance(value, dict):
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        free = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive",
                "selection")  # fmt: skip
        if isinstance(item, (dict, list)) and key not in free:
            yield from objects(item, (*path, key))


def changed_at(path: tuple[Any, ...], *, rename: str | None) -> dict[str, Any]:
    """The document with one key of the object at ``path`` misspelt, or a key too many."""
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    part: Any = document
    for step in path:
        part = part[step]
    if rename is None:
        part["surplus"] = 1
    else:
        part[f"{rename}s"] = part.pop(rename)
    return document


def test_a_misspelt_key_fails_wherever_it_is() -> None:
    VALIDATOR.validate(DOCUMENT)
    for path in objects(DOCUMENT):
        part: Any = DOCUMENT
        for step in path:
            part = part[step]
        for name in [None, *part]:
            assert not VALIDATOR.is_valid(changed_at(path, rename=name)), (path, name)


def test_a_line_of_unknown_type_or_with_other_keys_fails() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS["events"])
    line = {
        "@level": "info",
        "@message": "x",
        "@module": "retinue.ui",
        "@timestamp": "2026-11-21T01:02:03.5+00:00",
        "type": "log",
    }
    assert validator.is_valid(line)
    for other in ({"type": "logs"}, {"more": 1}, {"@timestamp": "now"}, {"@level": "fatal"}):
        assert not validator.is_valid({**line, **other})
    assert not validator.is_valid({})
