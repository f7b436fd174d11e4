"""What a plan says of objects that may be ours, and can't say so."""

from __future__ import annotations

from retinue.address import Address
from retinue.kinds.base import Live
from retinue.kinds.skill import SKILL
from retinue.operations.alike import Alike

ADDRESS = Address("skill", "latex")
NEW_YEAR = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""


def alike(*times: int) -> Alike:
    """Skills that look the same, made at ``times``."""
    lives = [Live(id=f"skill_{n}", values={}, created_at=time) for n, time in enumerate(times)]
    return Alike(ADDRESS, SKILL, tuple(lives))


def test_the_only_one_is_taken_over_with_one_command() -> None:
    assert alike(NEW_YEAR).note() == (
        "skill.latex: skill_0 looks the same; if that is ours, take it over with: "
        "retinue import skill.latex skill_0"
    )


def test_several_can_be_chosen_from_the_newest_first() -> None:
    assert alike(NEW_YEAR, NEW_YEAR + 60).note().splitlines() == [
        "skill.latex: 2 objects look the same; if one of them is ours, take it over with one of:",
        "  retinue import skill.latex skill_1  # made at 2026-01-01 00:01:00 UTC",
        "  retinue import skill.latex skill_0  # made at 2026-01-01 00:00:00 UTC",
    ]


def test_of_many_the_newest_are_named_and_the_others_counted() -> None:
    lines = alike(*range(NEW_YEAR, NEW_YEAR + 12)).note().splitlines()
    assert lines[1].startswith("  retinue import skill.latex skill_11 ")
    assert len(lines) == 12
    assert lines[-1] == "  and 2 older ones"
