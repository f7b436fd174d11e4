"""--target and --exclude over changes."""

from __future__ import annotations

import pytest
from tests.worlds.build import change

from retinue.engine.plan import Action
from retinue.engine.selection import choose
from retinue.errors import UsageError

CHANGES = (
    change(Action.CREATE, "file"),
    change(Action.CREATE, "store", "file"),
    change(Action.CREATE, "assistant", "store"),
    change(Action.CREATE, "other"),
    change(Action.NO_OP, "quiet"),
)


def kept(targets: str = "", excludes: str = "") -> list[str]:
    chosen = choose(CHANGES, targets=targets.split(), excludes=excludes.split())
    return [each.address.name for each in chosen.changes]


def test_without_patterns_everything_is_kept_and_needs_no_reason() -> None:
    chosen = choose(CHANGES, targets=(), excludes=())
    assert (chosen.changes, chosen.reasons) == (CHANGES, {})


def test_a_target_takes_along_what_it_needs() -> None:
    assert kept("thing.assistant") == ["file", "store", "assistant"]
    assert kept("thing.file") == ["file"]


def test_an_exclude_takes_along_what_needs_it() -> None:
    assert kept(excludes="thing.store") == ["file", "other", "quiet"]


def test_an_exclude_wins() -> None:
    assert kept("thing.*", "thing.file") == ["other", "quiet"]


def test_the_order_stays() -> None:
    assert kept("thing.other thing.file") == ["file", "other"]


@pytest.mark.parametrize("option", ["targets", "excludes"])
def test_a_pattern_that_fits_nothing_is_an_error_with_what_is_near(option: str) -> None:
    patterns = {"targets": (), "excludes": (), option: ("thing.stor",)}
    with pytest.raises(UsageError) as caught:
        choose(CHANGES, **patterns)
    assert str(caught.value.hint).startswith("did you mean thing.store")
