"""The plan document: there and back, and what its digest says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds.build import at, change, plan

from retinue.engine.diff import Drift
from retinue.engine.plan import Action, Change, DriftedResource, Plan, Reason
from retinue.engine.plan_json import plan_from_json, plan_to_json
from retinue.engine.safety import Refusal, Verdict
from retinue.errors import StateCorrupt, StateForeign
from retinue.kinds.base import Upload
from retinue.kinds.values import Sealed, Unknown
from retinue.manifest.model import Secret

ROOT = Path("/project")
UPLOAD = Upload(ROOT / "a/x.md", "a/x.md", "0" * 64, 3)
FULL = change(
    Action.REPLACE,
    "a",
    "b",
    frees=["c"],
    reason=Reason.CANNOT_UPDATE,
    before={"name": "n", "uses": ["id-b"], "token": Sealed("beef")},
    after={
        "name": "m",
        "uses": [Unknown(at("b")), "id-x"],
        "deep": {"k": [{"id": Unknown(at("b"))}]},
        "token": Sealed("cafe", Secret(command=("pass", "show", "token"))),
    },
    changed=("name", "uses"),
    replace_because=("name",),
    resets=("deep",),
    previous_address=at("old"),
    previous_type="other.thing",
    upload=UPLOAD,
    protect=True,
    protected=True,
    basis="basis",
    level=2,
)  # fmt: skip
PLAN = plan(
    FULL,
    change(Action.NO_OP, "q"),
    drift=(
        DriftedResource(
            address=at("a"), type="thing", id="id-a", fields=(Drift("name", "n", "x"),)
        ),
        DriftedResource(address=at("b"), type="thing", id="id-b", deleted=True),
    ),
    notes=("a note",),
    selection={"thing.a": "--target thing.a"},
)
VERDICT = Verdict((Refusal("RTN-REFUSED-PROTECTED", "protected: thing.a", "a hint", (at("a"),)),))


def through_text(one: Plan) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(plan_to_json(one, VERDICT)))
    return document


def test_a_plan_comes_back_as_it_was() -> None:
    assert plan_from_json(through_text(PLAN), root=ROOT, where="p") == PLAN


def test_a_secret_is_marked_as_sensitive_and_its_source_comes_back() -> None:
    document = through_text(PLAN)
    values = document["resource_changes"][0]["change"]
    assert (values["before_sensitive"], values["after_sensitive"]) == (
        {"token": True},
        {"token": True},
    )
    back = plan_from_json(document, root=ROOT, where="p").changes[0].after or {}
    assert back["token"].source == Secret(command=("pass", "show", "token"))


@given(st.builds(
    lambda action, changed, unknown, leftover: change(
        action, "a", changed=tuple(changed), leftover=leftover,
        after={"v": [Unknown(at("b"))] if unknown else [], "w": {}},
    ),
    st.sampled_from(Action), st.lists(st.sampled_from("vw"), unique=True),
    st.booleans(), st.booleans(),
))  # fmt: skip
def test_every_change_comes_back_as_it_was(one: Change) -> None:
    assert plan_from_json(through_text(plan(one)), root=ROOT, where="p") == plan(one)


def test_the_shape_is_the_one_that_tools_know() -> None:
    (found, quiet) = through_text(PLAN)["resource_changes"]
    assert found["address"] == "thing.a"
    assert found["change"]["actions"] == ["create", "delete"]
    assert found["change"]["after"]["uses"] == [None, "id-x"]
    assert found["change"]["after_unknown"] == {"uses": [True, {}], "deep": {"k": [{"id": True}]}}
    assert found["change"]["replace_paths"] == [["name"]]
    assert quiet["change"]["actions"] == ["no-op"]
    drift = through_text(PLAN)["resource_drift"]
    assert [item["change"]["actions"] for item in drift] == [["update"], ["delete"]]


def test_equal_plans_digest_equally_whenever_and_wherever_they_are_made() -> None:
    later = replace(PLAN, id="other", created_at="later", notes=("another",), serial=9)
    assert later.digest == PLAN.digest
    assert replace(PLAN, changes=(FULL,)).digest == PLAN.digest  # no-ops do nothing


OTHERWISE: dict[str, dict[str, Any]] = {
    "address": {"address": at("z")},
    "type": {"type": "other"},
    "action": {"action": Action.UPDATE},
    "id": {"id": "id-z"},
    "before": {"before": {"name": "z"}},
    "after": {"after": {"name": "z"}},
    "unknown": {"after": {**(FULL.after or {}), "uses": [Unknown(at("z")), "id-x"]}},
    "changed": {"changed": ("name",)},
    "resets": {"resets": ()},
    "depends_on": {"depends_on": ()},
    "released_from": {"released_from": ()},
    "previous_address": {"previous_address": None},
    "upload": {"upload": replace(UPLOAD, sha256="1" * 64)},
    "leftover": {"leftover": True},
    "protect": {"protect": False},
    "where a secret comes from": {
        "after": {**(FULL.after or {}), "token": Sealed("cafe", Secret(command=("sh", "evil")))}
    },
}


@pytest.mark.parametrize("part", OTHERWISE)
def test_whatever_an_apply_would_do_otherwise_has_another_digest(part: str) -> None:
    assert replace(PLAN, changes=(replace(FULL, **OTHERWISE[part]),)).digest != PLAN.digest


@pytest.mark.parametrize("part", ["project", "stack", "platform"])
def test_a_plan_for_elsewhere_has_another_digest(part: str) -> None:
    elsewhere: dict[str, Any] = {part: "elsewhere"}
    assert replace(PLAN, **elsewhere).digest != PLAN.digest


def test_order_is_part_of_the_digest() -> None:
    other = change(Action.CREATE, "b")
    assert plan(FULL, other).digest != plan(other, FULL).digest


def test_a_document_that_was_changed_is_refused() -> None:
    document = through_text(PLAN)
    document["resource_changes"][0]["id"] = "id-z"
    with pytest.raises(StateCorrupt, match="the digest does not fit"):
        plan_from_json(document, root=ROOT, where="plan.json")


@pytest.mark.parametrize("broken", [{}, [], None, {"format_version": "1.0"}, "text", 3])
def test_what_is_no_plan_is_refused(broken: object) -> None:
    with pytest.raises(StateCorrupt, match="not a plan file"):
        plan_from_json(broken, root=ROOT, where="plan.json")


def test_every_part_that_is_missing_is_refused() -> None:
    for part in ("id", "digest", "project", "serial", "resource_changes", "notes", "selection"):
        document = through_text(PLAN)
        del document[part]
        with pytest.raises(StateCorrupt):
            plan_from_json(document, root=ROOT, where="plan.json")


def test_a_newer_format_is_refused_and_a_newer_minor_is_not() -> None:
    with pytest.raises(StateForeign):
        plan_from_json({**through_text(PLAN), "format_version": "2.0"}, root=ROOT, where="p")
    newer = {**through_text(PLAN), "format_version": "1.9"}
    assert plan_from_json(newer, root=ROOT, where="p") == PLAN
