"""The three-way comparison, as a table: wanted, applied, live; what changes, what has drifted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.worlds.build import THING, resource

from retinue.engine.diff import compare, drift_only
from retinue.kinds.base import MARKER

Values = dict[str, Any]


@dataclass(frozen=True)
class Row:
    wanted: Values
    applied: Values
    live: Values
    deltas: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    drift: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


TABLE = {
    "all the same": Row({"name": "a"}, {"name": "a"}, {"name": "a"}),
    "we changed it": Row({"name": "b"}, {"name": "a"}, {"name": "a"}, {"name": ("a", "b")}),
    "they changed it": Row(
        {"name": "a"}, {"name": "a"}, {"name": "x"}, {"name": ("x", "a")}, {"name": ("a", "x")}
    ),
    "both changed it": Row(
        {"name": "b"}, {"name": "a"}, {"name": "x"}, {"name": ("x", "b")}, {"name": ("a", "x")}
    ),
    "both to the same": Row({"name": "x"}, {"name": "a"}, {"name": "x"}, {}, {"name": ("a", "x")}),
    "new in the manifest": Row({"size": 2}, {}, {"size": 1}, {"size": (1, 2)}),
    "new and as it is already": Row({"size": 1}, {}, {"size": 1}),
    "left the manifest": Row({}, {"size": 2}, {"size": 2}, {"size": (2, 1)}),
    "left the manifest at the default": Row({}, {"size": 1}, {"size": 1}),
    "never named": Row({}, {}, {"size": 7, "name": "theirs"}),
    "the platform shows nothing": Row({"size": 1}, {"size": 1}, {}),
    "never read back, the same": Row({"secret": "s"}, {"secret": "s"}, {}),
    "never read back, changed": Row({"secret": "t"}, {"secret": "s"}, {}, {"secret": ("s", "t")}),
    "never read back, dropped": Row({}, {"secret": "s"}, {}, {"secret": ("s", None)}),
    "equal in the normal form": Row(
        {"uses": ["b", "a"]}, {"uses": ["b", "a"]}, {"uses": ["a", "b"]}
    ),
    "what the server fills in": Row(
        {"options": {"a": 1}}, {"options": {"a": 1}}, {"options": {"a": 1, "b": 2}}
    ),
    "a key that was ours": Row(
        {"options": {"a": 1}},
        {"options": {"a": 1, "b": 2}},
        {"options": {"a": 1, "b": 2}},
        {"options": ({"a": 1, "b": 2}, {"a": 1})},
    ),
    "ignored drift": Row({"size": 2}, {"size": 2}, {"size": 9}, ignored=frozenset({"size"})),
    "ignored change of ours": Row(
        {"size": 3}, {"size": 2}, {"size": 2}, ignored=frozenset({"size"})
    ),
    "the marker is put back, and is no drift": Row(
        {MARKER: "m"}, {MARKER: "m"}, {MARKER: None}, {MARKER: (None, "m")}
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_comparison(row: Row) -> None:
    wanted = resource("a", ignore_changes=row.ignored)
    result = compare(wanted, row.wanted, row.applied, row.live)
    assert {delta.name: (delta.before, delta.after) for delta in result.deltas} == row.deltas
    assert {drift.name: (drift.applied, drift.live) for drift in result.drift} == row.drift
    assert result.before.keys() == result.after.keys() == row.wanted.keys() | row.applied.keys()


def test_an_immutable_attribute_forces_a_replacement() -> None:
    result = compare(resource("a"), {"birth": 2}, {"birth": 1}, {"birth": 1})
    assert [delta.forces_replacement for delta in result.deltas] == [True]


def test_ignored_attributes_stay_as_they_are() -> None:
    wanted = resource("a", ignore_changes=frozenset({"size"}))
    assert compare(wanted, {"size": 3}, {"size": 2}, {"size": 9}).after == {"size": 9}


def test_drift_of_what_the_manifests_no_longer_declare() -> None:
    found = drift_only(THING, {"name": "a", "size": 2}, {"name": "a", "size": 5})
    assert [(drift.name, drift.applied, drift.live) for drift in found] == [("size", 2, 5)]
