"""How many calls reading takes; and no list is believed that says something is gone."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from tests.worlds.build import THING, at, entry, intent, live, snapshot

from retinue.address import Address
from retinue.engine.inventory import Inventory
from retinue.engine.refresh import refresh
from retinue.errors import FamilyGone
from retinue.kinds.base import Live, ResourceType, Write

PAGE = 100


@dataclass
class Shelf:
    """An adapter over objects in memory that counts how it is read."""

    objects: list[Live]
    type: ResourceType = THING
    unlisted: frozenset[str] = frozenset()
    listed: int = 0
    read_ids: list[str] = field(default_factory=list)

    async def pages(self, within: Iterable[str] | None = None) -> AsyncIterator[Sequence[Live]]:
        del within
        shown = [each for each in self.objects if each.id not in self.unlisted]
        for start in range(0, max(len(shown), 1), PAGE):
            self.listed += 1
            yield shown[start : start + PAGE]

    async def read(self, object_id: str) -> Live | None:
        self.read_ids.append(object_id)
        return next((each for each in self.objects if each.id == object_id), None)

    async def complete(self, live: Live) -> Live:
        return live

    async def create(self, write: Write) -> Live:
        raise NotImplementedError

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        raise NotImplementedError

    async def delete(self, object_id: str) -> None:
        raise NotImplementedError


def a_shelf(count: int) -> Shelf:
    """``count`` objects, the newest first, as lists are."""
    return Shelf([live(f"id-r{n}", created_at=n, name="n") for n in reversed(range(count))])


def read(shelf: Shelf, tracked: Sequence[int], **more: bool) -> Inventory:
    state = snapshot(*(entry(f"r{n}", name="n") for n in tracked))
    declared = [("thing", at("new"))] if more.get("something_new") else []
    return asyncio.run(refresh({"thing": shelf}, state, declared=declared))


def test_nothing_tracked_is_nothing_read() -> None:
    shelf = a_shelf(10)
    assert read(shelf, []).live == {}
    assert (shelf.listed, shelf.read_ids) == (0, [])


def test_all_of_a_large_stack_is_read_by_pages_alone() -> None:
    shelf = a_shelf(1000)
    found = read(shelf, range(1000))
    assert None not in found.live.values()
    assert (shelf.listed, shelf.read_ids) == (10, [])


def test_few_objects_far_down_the_list_are_read_one_by_one() -> None:
    shelf = a_shelf(1000)
    found = read(shelf, [0])
    assert found.live[at("r0")] is not None
    assert (shelf.listed, shelf.read_ids) == (1, ["id-r0"])


@pytest.mark.parametrize("count", [1, 5, 50, 500])
def test_the_calls_are_never_more_than_twice_the_cheaper_way(count: int) -> None:
    shelf = a_shelf(1000)
    read(shelf, range(count))
    assert shelf.listed + len(shelf.read_ids) <= 2 * min(count, 10)


def test_what_a_list_does_not_show_is_asked_for_before_it_counts_as_gone() -> None:
    shelf = a_shelf(3)
    shelf.unlisted = frozenset({"id-r1"})
    shelf.objects = [each for each in shelf.objects if each.id != "id-r2"]
    found = read(shelf, [0, 1, 2])
    assert found.live[at("r1")] is not None
    assert found.live[at("r2")] is None
    assert sorted(shelf.read_ids) == ["id-r1", "id-r2"]


def test_something_new_makes_the_whole_list_worth_reading() -> None:
    shelf = a_shelf(250)
    read(shelf, [249], something_new=True)
    assert shelf.listed == 3


def test_untracked_objects_with_our_marker_are_found() -> None:
    shelf = a_shelf(2)
    shelf.objects.append(live("lost", marked="op/new"))
    found = read(shelf, [0, 1], something_new=True)
    assert [(str(each.address), each.live.id) for each in found.marked] == [("thing.new", "lost")]


def test_a_pending_create_is_looked_for_back_to_its_time_and_no_further() -> None:
    shelf = Shelf([live(f"id-{n}", created_at=10_000 - 10 * n) for n in range(500)])
    shelf.objects[120] = live("made", created_at=8_800, marked="op/new")
    state = snapshot(pending=[intent("op", "new", 8_800.0)])
    found = asyncio.run(refresh({"thing": shelf}, state))
    assert [r.live and r.live.id for r in found.resolutions] == ["made"]
    assert shelf.listed == 2


class ClosedShelf(Shelf):
    """One whose family of endpoints the platform has closed."""

    async def pages(self, within: Iterable[str] | None = None) -> AsyncIterator[Sequence[Live]]:
        del within
        for _ in ("the only page",):
            raise FamilyGone("no /things")
        yield []


CLOSING = dataclasses.replace(THING, closing=True)


def test_what_nobody_wants_any_more_may_be_gone_with_its_family() -> None:
    state = snapshot(entry("old", name="n"), pending=[intent("op", "new")])
    found = asyncio.run(refresh({"thing": ClosedShelf([], CLOSING)}, state))
    assert found.live == {at("old"): None}
    assert [(each.intent.operation, each.live) for each in found.resolutions] == [("op", None)]


@pytest.mark.parametrize(("type_", "declared"), [(CLOSING, [("thing", at("a"))]), (THING, [])])
def test_a_family_that_is_needed_may_not_be_gone(
    type_: ResourceType, declared: list[tuple[str, Address]]
) -> None:
    state = snapshot(entry("old", name="n"))
    with pytest.raises(FamilyGone):
        asyncio.run(refresh({"thing": ClosedShelf([], type_)}, state, declared=declared))
