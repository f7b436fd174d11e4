"""Protection, shares and graded approval."""

from __future__ import annotations

import pytest
from tests.worlds.build import at, change, plan

from retinue.engine.limits import Limits
from retinue.engine.plan import Action, Reason
from retinue.engine.safety import Approval, judge, unapproved

LIMITS = Limits(max_delete_percent=30, max_update_percent=50, min_existing=10)


def codes(*actions: Action, existing: int = 10, forced: bool = False) -> list[str]:
    changes = [change(action, f"r{number}") for number, action in enumerate(actions)]
    verdict = judge(plan(*changes), LIMITS, existing=existing, forced=forced)
    return [refusal.code for refusal in verdict.refusals]


def test_up_to_the_limit_is_safe() -> None:
    assert codes(*[Action.DELETE] * 3, *[Action.UPDATE] * 5) == []


def test_above_it_is_not() -> None:
    assert codes(*[Action.DELETE] * 4) == ["RTN-REFUSED-DELETE-SHARE"]
    assert codes(*[Action.UPDATE] * 3, *[Action.REPLACE] * 3) == ["RTN-REFUSED-UPDATE-SHARE"]


def test_a_small_stack_has_no_shares() -> None:
    assert codes(*[Action.DELETE] * 9, existing=9) == []


def test_force_lifts_the_shares() -> None:
    assert codes(*[Action.DELETE] * 10, forced=True) == []


def test_a_plan_for_another_platform_than_the_states_is_refused() -> None:
    elsewhere = plan(change(Action.CREATE, "a"))
    verdict = judge(elsewhere, LIMITS, existing=1, home="https://old.example/v1")
    assert [refusal.code for refusal in verdict.refusals] == ["RTN-REFUSED-PLATFORM"]
    assert "https://old.example/v1" in verdict.refusals[0].message
    assert judge(elsewhere, LIMITS, existing=1, home=elsewhere.platform).safe
    assert judge(elsewhere, LIMITS, existing=1, home="elsewhere", forced=True).safe
    assert judge(plan(change(Action.NO_OP, "a")), LIMITS, existing=1, home="elsewhere").safe


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE])
@pytest.mark.parametrize("forced", [True, False])
def test_nothing_lifts_protection(action: Action, *, forced: bool) -> None:
    struck = change(action, "a", protected=True)
    verdict = judge(plan(struck), LIMITS, existing=1, forced=forced)
    assert not verdict.safe
    assert [(r.code, r.addresses) for r in verdict.refusals] == [
        ("RTN-REFUSED-PROTECTED", (at("a"),))
    ]
    assert verdict.refusals[0].hint


def test_a_protected_resource_may_be_updated_forgotten_and_cleaned_up_after() -> None:
    changes = [
        change(Action.UPDATE, "a", protected=True),
        change(Action.FORGET, "b", protected=True),
        change(Action.DELETE, "c", protected=True, leftover=True),
    ]
    assert judge(plan(*changes), LIMITS, existing=3).safe


@pytest.mark.parametrize(
    ("action", "needs"),
    [
        (Action.CREATE, {Approval.CREATE}),
        (Action.REPLACE, {Approval.CREATE, Approval.UPDATE}),
        (Action.UPDATE, {Approval.UPDATE}),
        (Action.ADOPT, {Approval.UPDATE}),
        (Action.MOVE, {Approval.UPDATE}),
        (Action.FORGET, {Approval.UPDATE}),
        (Action.DELETE, {Approval.DELETE}),
        (Action.NO_OP, set()),
    ],
)
def test_what_each_action_needs(action: Action, needs: set[Approval]) -> None:
    one = plan(change(action, "a"))
    assert unapproved(one, ()) == needs
    assert unapproved(one, tuple(Approval)) == set()


def test_an_object_on_a_former_target_goes_only_where_deletions_are_approved() -> None:
    """Whoever uses it by its ID loses it, and its threads or sessions with it."""
    switch = plan(change(Action.REPLACE, "a", reason=Reason.TARGET))
    assert unapproved(switch, {Approval.CREATE, Approval.UPDATE}) == {Approval.DELETE}


def test_a_leftover_goes_with_the_update_that_left_it() -> None:
    """Its address keeps an object; a pipeline that may not delete still cleans up after itself."""
    leftover = plan(change(Action.DELETE, "a", leftover=True))
    assert unapproved(leftover, ()) == {Approval.UPDATE}
