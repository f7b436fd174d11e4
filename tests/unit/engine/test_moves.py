"""``moved:`` over a state."""

from __future__ import annotations

from tests.worlds.build import at, entry, snapshot

from retinue.engine.moves import move


def renamed(*moves: str) -> list[tuple[str, str]]:
    """Addresses after ``a>b`` moves over a state of a and of x, which depends on a."""
    state = snapshot(entry("a"), entry("x", "a"))
    pairs = [(at(old), at(new)) for old, _, new in (each.partition(">") for each in moves)]
    moved = move(state, pairs).snapshot
    return sorted((each.address.name, each.id) for each in moved.entries.values())


def test_an_entry_gets_its_new_name_and_keeps_its_object() -> None:
    assert renamed("a>b") == [("b", "id-a"), ("x", "id-x")]


def test_dependants_follow() -> None:
    moved = move(snapshot(entry("a"), entry("x", "a")), [(at("a"), at("b"))])
    assert moved.snapshot.entries[at("x")].depends_on == (at("b"),)
    assert moved.previous == {at("b"): at("a")}


def test_a_chain_ends_at_the_last_name() -> None:
    assert renamed("a>b", "b>c") == [("c", "id-a"), ("x", "id-x")]


def test_a_circle_ends() -> None:
    assert renamed("a>b", "b>a") == [("a", "id-a"), ("x", "id-x")]


def test_a_move_of_nothing_is_done_already() -> None:
    state = snapshot(entry("a"))
    assert move(state, [(at("z"), at("a"))]).snapshot == state


def test_a_target_that_is_taken_is_left_alone() -> None:
    assert renamed("a>x") == [("a", "id-a"), ("x", "id-x")]
