"""Which change each resource gets, and in which order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds.build import OTHER, at, entry, facts, live, resource

from retinue.engine.entry import Deposed
from retinue.engine.facts import Facts
from retinue.engine.plan import Action, Change, Reason
from retinue.engine.planner import build_changes
from retinue.kinds.base import MARKER
from retinue.kinds.values import Ref, Unknown


def changes_of(given_facts: Facts) -> list[Change]:
    return list(build_changes(given_facts)[0])


def only(given_facts: Facts) -> Change:
    (change,) = changes_of(given_facts)
    return change


def test_what_is_new_is_created() -> None:
    change = only(facts([resource("a", name="n")]))
    assert (change.action, change.reason, change.before) == (Action.CREATE, None, None)
    assert change.after == {"name": "n"}
    assert change.changed == ("name",)


def test_what_is_as_wanted_is_left_alone() -> None:
    change = only(
        facts([resource("a", name="n")], [entry("a", name="n")], [live("id-a", name="n")])
    )
    assert (change.action, change.changed) == (Action.NO_OP, ())


def test_what_differs_is_updated_by_name_of_the_attribute() -> None:
    there = live("id-a", name="n", size=1)
    change = only(facts([resource("a", name="n", size=2)], [entry("a", name="n")], [there]))
    assert (change.action, change.reason, change.changed) == (Action.UPDATE, None, ("size",))
    assert (change.before, change.after) == ({"name": "n", "size": 1}, {"name": "n", "size": 2})


def test_what_only_drifted_says_so() -> None:
    given_facts = facts([resource("a", name="n")], [entry("a", name="n")], [live("id-a", name="x")])
    changes, drift = build_changes(given_facts)
    assert [change.reason for change in changes] == [Reason.DRIFT]
    assert [(item.address, item.fields[0].live) for item in drift] == [(at("a"), "x")]


def test_what_cannot_be_updated_is_replaced() -> None:
    change = only(facts([resource("a", birth=2)], [entry("a", birth=1)], [live("id-a", birth=1)]))
    assert (change.action, change.reason) == (Action.REPLACE, Reason.CANNOT_UPDATE)
    assert change.replace_because == ("birth",)


def test_an_ignored_attribute_follows_what_is_replaced_and_nothing_else() -> None:
    """The old object is deleted: whoever goes on naming it would be left with nothing."""
    user = resource("b", "a", uses=[Ref(at("a"))], ignore_changes=frozenset({"uses"}))
    before = [entry("a", birth=1), entry("b", "a", uses=["id-a"])]
    there = [live("id-a", birth=1), live("id-b", uses=["id-a", "somebody-elses"])]
    kept = {c.address: c for c in changes_of(facts([resource("a", birth=1), user], before, there))}
    assert kept[at("b")].action is Action.NO_OP
    moved = {c.address: c for c in changes_of(facts([resource("a", birth=2), user], before, there))}
    change = moved[at("b")]
    assert (change.action, change.changed) == (Action.UPDATE, ("uses",))
    assert change.after == {"uses": [Unknown(at("a")), "somebody-elses"]}


def test_what_is_gone_is_created_again() -> None:
    changes, drift = build_changes(facts([resource("a", name="n")], [entry("a", name="n")]))
    assert [(c.action, c.reason) for c in changes] == [(Action.CREATE, Reason.GONE)]
    assert [item.deleted for item in drift] == [True]


def test_fields_that_left_the_manifest_are_named() -> None:
    change = only(facts([resource("a")], [entry("a", size=2)], [live("id-a", size=2)]))
    assert (change.changed, change.resets) == (("size",), ("size",))
    assert change.recorded() == {}


@pytest.mark.parametrize(
    ("more", "action", "reason"),
    [
        ({}, Action.DELETE, Reason.NOT_DECLARED),
        ({"destroy": True}, Action.DELETE, Reason.DESTROY),
        ({"forget": ["a"]}, Action.FORGET, Reason.REMOVED),
    ],
)
def test_what_left_the_manifest(more: dict[str, Any], action: Action, reason: Reason) -> None:
    change = only(facts([], [entry("a", name="n")], [live("id-a", name="n")], **more))
    assert (change.action, change.reason, change.after) == (action, reason, None)


def test_what_left_the_manifest_and_the_platform_is_forgotten() -> None:
    change = only(facts([], [entry("a", name="n")]))
    assert (change.action, change.reason) == (Action.FORGET, Reason.ALREADY_GONE)


def test_what_was_found_is_adopted_and_brought_in_line() -> None:
    found = live("id-x", name="old", size=7)
    change = only(facts([resource("a", name="n")], adoptable={"a": found}))
    assert (change.action, change.reason, change.id) == (Action.ADOPT, Reason.MARKED, "id-x")
    assert change.changed == ("name",)


def test_what_was_found_and_cannot_be_updated_is_replaced() -> None:
    change = only(facts([resource("a", birth=2)], adoptable={"a": live("id-x", birth=1)}))
    assert (change.action, change.id) == (Action.REPLACE, "id-x")


def test_what_moved_keeps_its_object_and_gets_a_new_marker() -> None:
    given_facts = facts(
        [resource("b", name="n", marker="new")],
        [entry("b", id="id-a", name="n", marker="old")],
        [live("id-a", name="n", marker="old")],
        previous={"b": "a"},
    )
    change = only(given_facts)
    assert (change.action, change.previous_address) == (Action.MOVE, at("a"))
    assert (change.id, change.changed) == ("id-a", (MARKER,))


def test_users_of_a_replaced_object_change_with_it() -> None:
    given_facts = facts(
        [resource("a", birth=2), resource("b", "a", uses=[Ref(at("a"))])],
        [entry("a", birth=1), entry("b", "a", uses=["id-a"])],
        [live("id-a", birth=1), live("id-b", uses=["id-a"])],
    )
    first, second = changes_of(given_facts)
    assert (first.action, second.action) == (Action.REPLACE, Action.UPDATE)
    assert second.after == {"uses": [Unknown(at("a"))]}


def test_protection_that_changes_is_a_change() -> None:
    wanted = resource("a", name="n", protect=True)
    change = only(facts([wanted], [entry("a", name="n")], [live("id-a", name="n")]))
    assert (change.action, change.reason, change.changed) == (
        Action.UPDATE, Reason.PROTECTION, ())  # fmt: skip


def test_what_an_interrupted_replacement_left_is_deleted() -> None:
    given_facts = facts(
        [resource("a", name="n")],
        [entry("a", name="n", deposed=(Deposed("thing", "id-old"),))],
        [live("id-a", name="n")],
    )
    leftover = [change for change in changes_of(given_facts) if change.leftover]
    assert [(c.action, c.id, c.reason) for c in leftover] == [
        (Action.DELETE, "id-old", Reason.LEFTOVER)
    ]


NAMES = "abcdef"


@given(st.data())
def test_the_order_is_total_and_does_not_depend_on_the_order_of_the_facts(
    data: st.DataObject,
) -> None:
    wanted = data.draw(st.lists(st.sampled_from(NAMES), unique=True))
    known = data.draw(st.lists(st.sampled_from(NAMES), unique=True))
    gone = data.draw(st.sets(st.sampled_from(NAMES)))
    born = data.draw(st.dictionaries(st.sampled_from(NAMES), st.just(2)))

    def needs(name: str, among: list[str]) -> list[str]:
        return [other for other in among if other < name and (ord(other) + ord(name)) % 2]

    def built(shuffled: random.Random) -> list[Change]:
        desired = [
            resource(n, *needs(n, wanted), birth=born.get(n, 1),
                     uses=[Ref(at(m)) for m in needs(n, wanted)])
            for n in wanted
        ]  # fmt: skip
        applied = [
            entry(n, *needs(n, known), birth=1, uses=[f"id-{m}" for m in needs(n, known)])
            for n in known
        ]
        there = [live(e.id, **e.values) for e in applied if e.address.name not in gone]
        for each in (desired, applied, there):
            shuffled.shuffle(each)
        return changes_of(facts(desired, applied, there))

    first, second = built(random.Random(1)), built(random.Random(2))  # noqa: S311 - shuffles
    assert first == second
    keys = [(c.level, c.action, c.address, c.id or "") for c in first]
    assert keys == sorted(keys)
    assert len({(c.address, c.id) for c in first}) == len(first)
    levels = {c.address: c.level for c in first if c.writes}
    for change in first:
        if change.writes:
            below = [levels[d] for d in change.depends_on if d in levels]
            assert all(level < change.level for level in below)


def test_another_type_at_an_address_is_made_first_and_the_old_object_goes() -> None:
    change = only(
        facts(
            [resource("a", type_=OTHER, name="n", shape="round")],
            [entry("a", name="n", size=2)],
            [live("id-a", name="n", size=2, birth=1)],
        )
    )
    assert (change.action, change.reason) == (Action.REPLACE, Reason.TARGET)
    assert (change.type, change.previous_type, change.id) == ("other.thing", "thing", "id-a")
    assert (change.before, change.after) == (
        {"name": "n", "size": 2},
        {"name": "n", "shape": "round"},
    )


def test_drift_of_an_object_that_is_about_to_be_switched_is_still_told() -> None:
    given_facts = facts(
        [resource("a", type_=OTHER, name="n")], [entry("a", name="n")], [live("id-a", name="x")]
    )
    _, drift = build_changes(given_facts)
    assert [(item.type, item.fields[0].live) for item in drift] == [("thing", "x")]


def test_what_uses_a_switched_resource_gets_its_new_id() -> None:
    changes = changes_of(
        facts(
            [resource("a", type_=OTHER, name="n"), resource("b", "a", uses=[Ref(at("a"))])],
            [entry("a", name="n"), entry("b", "a", uses=["id-a"])],
            [live("id-a", name="n"), live("id-b", uses=["id-a"])],
        )
    )
    by_address = {change.address: change for change in changes}
    assert by_address[at("b")].after == {"uses": [Unknown(at("a"))]}


def test_a_leftover_of_another_type_is_deleted_as_what_it_is() -> None:
    changes = changes_of(
        facts(
            [resource("a", name="n")],
            [entry("a", name="n", deposed=(Deposed("other.thing", "id-old"),))],
            [live("id-a", name="n")],
        )
    )
    assert [(c.type, c.id) for c in changes if c.leftover] == [("other.thing", "id-old")]


def test_what_the_platform_decided_is_wanted_as_it_was_recorded() -> None:
    same = facts(
        [resource("a", name="n")],
        [entry("a", name="n", version="1")],
        [live("id-a", name="n", version="1")],
    )
    assert only(same).action is Action.NO_OP
    moved = facts(
        [resource("a", name="n")],
        [entry("a", name="n", version="1")],
        [live("id-a", name="n", version="2")],
    )
    change = only(moved)
    assert (change.changed, change.reason, change.resets) == (("version",), Reason.DRIFT, ())
    assert (change.after or {})["version"] == "1"


def test_what_the_platform_decided_and_nobody_recorded_is_taken_as_it_is() -> None:
    change = only(
        facts(
            [resource("a", name="n")], [entry("a", name="n")], [live("id-a", name="n", version="7")]
        )
    )
    assert (change.action, change.recorded()) == (Action.NO_OP, {"name": "n", "version": "7"})


def test_a_switch_shows_nothing_of_what_the_platform_decided() -> None:
    change = only(
        facts(
            [resource("a", name="n", size=2)],
            [entry("a", name="n", digest="0", type="release.thing")],
            [live("id-a", name="n", digest="0")],
        )
    )
    assert (change.previous_type, change.changed) == ("release.thing", ("size",))
