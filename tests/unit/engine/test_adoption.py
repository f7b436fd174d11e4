"""Objects that carry our marker without being in the state."""

from __future__ import annotations

from tests.worlds.build import at, live

from retinue.engine.adoption import adopt
from retinue.engine.inventory import Found


def found(name: str, object_id: str, created_at: int = 0) -> Found:
    return Found(at(name), "thing", live(object_id, created_at=created_at))


def test_the_oldest_is_adopted_and_the_others_are_named() -> None:
    result = adopt([found("a", "younger", 2), found("a", "older", 1)], {at("a"): "thing"}, set())
    assert {str(a): each.id for a, each in result.adoptable.items()} == {"thing.a": "older"}
    assert len(result.notes) == 1
    assert "younger carries the marker of thing.a" in result.notes[0]


def test_what_is_tracked_is_not_adopted_again() -> None:
    result = adopt([found("a", "copy")], {at("a"): "thing"}, {at("a")})
    assert result.adoptable == {}
    assert "possibly orphaned" in result.notes[0]


def test_what_nobody_declares_is_only_named() -> None:
    assert adopt([found("a", "stray")], {}, set()).adoptable == {}


def test_an_object_of_another_target_is_not_taken_for_the_declared_one() -> None:
    result = adopt([found("a", "old")], {at("a"): "other.thing"}, set())
    assert result.adoptable == {}
    assert "possibly orphaned" in result.notes[0]
