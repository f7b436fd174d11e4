"""What becomes of creates that an earlier run began and never recorded."""

from __future__ import annotations

from tests.worlds.build import at, entry, intent, live, snapshot

from retinue.engine.entry import Deposed, Entry, Intent
from retinue.engine.inventory import Inventory, Resolution
from retinue.engine.lookup import LONGEST_CREATE
from retinue.engine.repair import KEEP_LOOKING, Repaired, repair
from retinue.kinds.base import Live

BEGUN = intent("op", "a", name="n")


def repaired(
    *entries: Entry, found: Resolution, there: Live | None = None, now: float = 1001.0
) -> Repaired:
    state = snapshot(*entries, pending=[found.intent])
    lives = {each.address: there for each in entries}
    return repair(state, Inventory(lives, (), (found,)), now=now)


def test_what_was_made_is_recorded_as_it_was_sent() -> None:
    result = repaired(found=Resolution(BEGUN, live("id-a", name="n")))
    assert result.snapshot.entries[at("a")].id == "id-a"
    assert result.snapshot.entries[at("a")].values == {"name": "n"}
    assert result.snapshot.pending == {}
    assert result.recorded.keys() == {"op"}
    assert "it is kept" in result.notes[0]


def test_what_replaces_an_object_deposes_it() -> None:
    begun: Intent = intent("op", "a", replaces="id-old", name="n")
    old = entry("a", id="id-old", name="m")
    result = repaired(old, found=Resolution(begun, live("id-new")), there=live("id-old"))
    assert result.snapshot.entries[at("a")].id == "id-new"
    assert result.snapshot.entries[at("a")].deposed == (Deposed("thing", "id-old"),)


def test_a_second_copy_is_deleted_if_it_is_certainly_ours() -> None:
    known = entry("a", name="n")
    result = repaired(known, found=Resolution(BEGUN, live("copy")), there=live("id-a"))
    assert result.snapshot.entries[at("a")].id == "id-a"
    assert result.snapshot.entries[at("a")].deposed == (Deposed("thing", "copy"),)
    assert "will be deleted" in result.notes[0]


def test_a_copy_that_is_only_alike_is_named_and_left_alone() -> None:
    found = Resolution(BEGUN, live("copy"), certain=False)
    result = repaired(entry("a", name="n"), found=found, there=live("id-a"))
    assert result.snapshot.entries[at("a")].deposed == ()
    assert "it may be a second copy" in result.notes[0]
    assert result.snapshot.pending == {}


def test_what_is_recorded_already_is_settled_without_a_word() -> None:
    result = repaired(
        entry("a", name="n"), found=Resolution(BEGUN, live("id-a")), there=live("id-a")
    )
    assert (result.settled, result.notes, result.recorded) == (("op",), (), {})


def test_what_is_not_found_is_looked_for_again_for_a_day() -> None:
    missing = Resolution(BEGUN, None)
    assert repaired(found=missing, now=1000.0 + KEEP_LOOKING).settled == ()
    assert repaired(found=missing, now=1001.0 + KEEP_LOOKING).settled == ("op",)


def test_a_file_is_looked_for_only_as_long_as_it_may_be_told() -> None:
    missing = Resolution(BEGUN, None, certain=False)
    assert repaired(found=missing, now=1000.0 + LONGEST_CREATE).settled == ()
    assert repaired(found=missing, now=1001.0 + LONGEST_CREATE).settled == ("op",)


def test_candidates_are_reported_once_and_never_guessed() -> None:
    result = repaired(found=Resolution(BEGUN, None, ("f1", "f2"), certain=False))
    assert result.snapshot.entries == {}
    assert result.settled == ("op",)
    assert "possibly orphaned by an interrupted apply: f1, f2" in result.notes[0]
