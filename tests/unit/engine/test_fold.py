"""Journal records and what they do to a snapshot."""

from __future__ import annotations

from tests.worlds.build import at, entry, intent, snapshot

from retinue.engine.entry import ConsumedPlan
from retinue.engine.journal import (
    CONSUMED_KEPT,
    Begun,
    Consumed,
    Folding,
    Record,
    Recorded,
    Settled,
    fold,
)

BASE = snapshot(entry("a"), entry("b"), serial=4)


def test_nothing_recorded_is_nothing_changed() -> None:
    assert fold(BASE, []) == BASE


def test_an_intent_waits_until_it_is_settled() -> None:
    begun = Begun(intent("op", "c"))
    assert fold(BASE, [begun]).pending.keys() == {"op"}
    assert fold(BASE, [begun, Settled("op")]) == BASE


def test_a_recorded_outcome_settles_its_intent() -> None:
    made = entry("c")
    folded = fold(BASE, [Begun(intent("op", "c")), Recorded({made.address: made}, "op")])
    assert folded.pending == {}
    assert folded.entries[at("c")] == made


def test_an_address_that_is_none_is_forgotten() -> None:
    assert fold(BASE, [Recorded({at("a"): None})]).entries.keys() == {at("b")}


def test_a_rename_is_one_record() -> None:
    moved = entry("c", id="id-a")
    folded = fold(BASE, [Recorded({at("a"): None, at("c"): moved})])
    assert folded.entries.keys() == {at("b"), at("c")}


def test_the_last_applied_plans_are_remembered() -> None:
    records = [Consumed(ConsumedPlan(str(n), "now")) for n in range(CONSUMED_KEPT + 5)]
    kept = fold(BASE, records).consumed
    assert len(kept) == CONSUMED_KEPT
    assert kept[-1].id == str(CONSUMED_KEPT + 4)


def test_folding_in_parts_is_folding_at_once() -> None:
    records: list[Record] = [
        Begun(intent("op", "c")),
        Recorded({at("c"): entry("c")}, "op"),
        Recorded({at("a"): None}),
        Consumed(ConsumedPlan("p", "now")),
    ]
    for cut in range(len(records) + 1):
        assert fold(fold(BASE, records[:cut]), records[cut:]) == fold(BASE, records)


def test_the_base_is_left_alone() -> None:
    folding = Folding(BASE)
    folding.add(Recorded({at("a"): None}))
    assert at("a") in BASE.entries
