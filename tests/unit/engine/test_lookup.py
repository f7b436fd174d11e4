"""Was it made, and which one is it? The decision over what a list shows."""

from __future__ import annotations

from typing import Any

from tests.worlds.build import LOOSE, THING, intent, live

from retinue.engine.entry import Intent
from retinue.engine.inventory import Resolution
from retinue.engine.lookup import CLOCK_SKEW, LONGEST_CREATE, match_all
from retinue.kinds.base import Live

PAPER = {"filename": "x.md", "bytes": 5, "purpose": "assistants"}


def a_file(object_id: str, created_at: float = 1000, **more: Any) -> Live:
    return live(object_id, created_at=int(created_at), **{**PAPER, **more})


def wanted(operation: str, name: str = "a", started_at: float = 1000.0, **more: Any) -> Intent:
    return intent(operation, name, started_at, **{**PAPER, **more})


def paired(*resolutions: Resolution) -> dict[str, str | None]:
    return {r.intent.operation: r.live.id if r.live else None for r in resolutions}


def test_a_marker_with_the_operation_is_proof() -> None:
    there = [live("id-1", marked="other/a"), live("id-2", marked="op/a"), live("id-3")]
    (found,) = match_all(THING, [intent("op", "a")], there, ())
    assert found.live is there[1]
    assert found.certain


def test_a_marker_of_the_address_alone_is_none() -> None:
    assert paired(*match_all(THING, [intent("op", "a")], [live("id", marked="x/a")], ())) == {
        "op": None
    }


def test_one_file_that_fits_is_the_one() -> None:
    there = [a_file("f1"), a_file("f2", bytes=6), a_file("f3", filename="y.md")]
    (found,) = match_all(LOOSE, [wanted("op")], there, ())
    assert found.live is there[0]
    assert not found.certain


def test_two_files_that_fit_are_named_and_none_is_taken() -> None:
    (found,) = match_all(LOOSE, [wanted("op")], [a_file("f2"), a_file("f1")], ())
    assert (found.live, found.candidates) == (None, ("f1", "f2"))


def test_a_file_that_somebody_tracks_is_not_it() -> None:
    assert paired(*match_all(LOOSE, [wanted("op")], [a_file("f1")], {"f1"})) == {"op": None}


def test_a_file_from_another_time_is_not_it() -> None:
    early = a_file("f1", 1000 - CLOCK_SKEW - 1)
    late = a_file("f2", 1000 + LONGEST_CREATE + CLOCK_SKEW + 1)
    assert paired(*match_all(LOOSE, [wanted("op")], [early, late], ())) == {"op": None}


def test_one_file_is_never_given_to_two() -> None:
    intents = [wanted("op1", "a", sha256="1"), wanted("op2", "b", sha256="2")]
    found = match_all(LOOSE, intents, [a_file("f1")], ())
    assert paired(*found) == {"op1": None, "op2": None}
    assert {each.candidates for each in found} == {("f1",)}


def test_one_file_goes_to_the_newest_of_those_that_want_its_content() -> None:
    intents = [wanted("op1", "a", 1000.0), wanted("op2", "b", 1001.0)]
    assert paired(*match_all(LOOSE, intents, [a_file("f1")], ())) == {"op2": "f1", "op1": None}


def test_files_of_the_same_content_are_paired_one_to_one() -> None:
    intents = [wanted("op2", "b", 1001.0), wanted("op1", "a", 1000.0)]
    assert paired(*match_all(LOOSE, intents, [a_file("f1"), a_file("f2", 1001)], ())) == {
        "op2": "f1",
        "op1": "f2",
    }
