"""What each step of a plan waits for."""

from __future__ import annotations

import pytest
from tests.worlds.build import at, change

from retinue.engine.plan import Action, Change
from retinue.engine.steps import Phase, Step, requirements, schedule

WRITE, DESTROY = Phase.WRITE, Phase.DESTROY


def waits(*changes: Change) -> dict[str, set[str]]:
    """Step to steps, as ``write a`` and ``destroy a``."""
    found = schedule(changes).waits_for
    return {_name(step): {_name(other) for other in before} for step, before in found.items()}


def _name(step: Step) -> str:
    return f"{step.phase.name.lower()} {step.address.name}"


def test_a_replacement_writes_first_and_destroys_once_nobody_uses_the_old_object() -> None:
    assert waits(
        change(Action.REPLACE, "file"),
        change(Action.UPDATE, "store", "file", frees=["file"]),
        change(Action.UPDATE, "assistant", "store", frees=["file", "store"]),
    ) == {
        "write file": set(),
        "write store": {"write file"},
        "write assistant": {"write store"},
        "destroy file": {"write file", "write store", "write assistant"},
    }


def test_deletions_go_from_users_to_what_they_use() -> None:
    assert waits(
        change(Action.DELETE, "file"),
        change(Action.DELETE, "store", frees=["file"]),
    ) == {"destroy store": set(), "destroy file": {"destroy store"}}


def test_forgetting_frees_as_well() -> None:
    assert waits(
        change(Action.DELETE, "store"),
        change(Action.FORGET, "assistant", frees=["store"]),
    ) == {"write assistant": set(), "destroy store": {"write assistant"}}


def test_what_nothing_changes_is_no_step_and_nobody_waits_for_it() -> None:
    assert waits(change(Action.NO_OP, "file"), change(Action.CREATE, "store", "file")) == {
        "write store": set()
    }


def test_steps_of_one_address_follow_one_another() -> None:
    found = schedule(
        [
            change(Action.UPDATE, "a"),
            change(Action.DELETE, "a", id="old-1", leftover=True),
            change(Action.DELETE, "a", id="old-2", leftover=True),
        ]
    ).waits_for
    write, first, second = Step(WRITE, at("a")), Step(DESTROY, at("a"), "old-1"), Step(
        DESTROY, at("a"), "old-2")  # fmt: skip
    assert found == {write: frozenset(), first: {write}, second: {write, first}}


@pytest.mark.parametrize("action", [Action.DELETE, Action.FORGET])
def test_what_ends_an_entry_comes_after_the_leftovers_that_it_remembers(action: Action) -> None:
    last, leftover = change(action, "a", id="id-1"), change(
        Action.DELETE, "a", id="id-2", leftover=True)  # fmt: skip
    found = schedule([last, leftover])
    first, second = found.ordered()
    assert (found.changes[first], found.changes[second]) == (leftover, last)
    assert found.waits_for == {first: frozenset(), second: {first}}


def test_the_order_is_that_of_levels_then_phases_then_addresses() -> None:
    plan = schedule(
        [
            change(Action.CREATE, "c", "a"),
            change(Action.CREATE, "b"),
            change(Action.CREATE, "a"),
            change(Action.DELETE, "z"),
        ]
    )
    assert [_name(step) for step in plan.ordered()] == [
        "write a", "write b", "destroy z", "write c"]  # fmt: skip


def test_requirements_are_arrows_between_addresses() -> None:
    found = requirements(
        [change(Action.REPLACE, "a"), change(Action.UPDATE, "b", "a", frees=["a"])]
    )
    assert found == {at("a"): {at("b")}, at("b"): {at("a")}}
