"""What is said of objects on the platform that a project leaves."""

from __future__ import annotations

from tests.worlds.build import at

from retinue.engine.entry import Entry, Snapshot
from retinue.engine.inventory import Inventory
from retinue.operations.leaving import left_behind


def moving(count: int) -> tuple[Snapshot, Inventory]:
    """A state of so many objects at home elsewhere; none of them is found here."""
    entries = {
        at(f"a{n:03}"): Entry(address=at(f"a{n:03}"), type="things.thing", id=f"t-{n}", values={})
        for n in range(count)
    }
    snapshot = Snapshot(project="p", stack="s", lineage="l", platform="there", entries=entries)
    return snapshot, Inventory(live=dict.fromkeys(entries))


def test_the_first_are_named_and_the_others_counted() -> None:
    [note] = left_behind(*moving(53), "here")
    assert note.startswith("these objects stay on there, ")
    assert "thing.a000 (t-0), thing.a001 (t-1)" in note
    assert note.endswith("thing.a049 (t-49), and 3 more, which `retinue state pull` shows")


def test_at_home_nothing_is_left() -> None:
    assert left_behind(*moving(2), "there") == ()
    assert left_behind(*moving(0), "here") == ()
