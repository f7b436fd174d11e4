from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.manifest.cron import cron_fault

FIELDS = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 7))


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "0 6 * * 1-5",
        "*/15 0-23/2 1,15,31 JAN,mar-DEC sun,Mon-fri",
        "0 0 29 2 *",
        "0 0 31 2 1",
        " 5/10  0 * *\t7 ",
    ],
)
def test_what_cron_knows(expression: str) -> None:
    assert cron_fault(expression) is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "has 0 fields"),
        ("0 0 * * * *", "has 6 fields"),
        ("60 * * * *", "the minute must be between 0 and 59, not '60'"),
        ("* 24 * * *", "the hour must be between 0 and 23"),
        ("* * 0 * *", "the day of the month must be between 1 and 31"),
        ("* * * 13 *", "the month must be between 1 and 12"),
        ("* * * mon *", "the month must be between 1 and 12, not 'mon'"),
        ("* * * * 8", "the day of the week must be between 0 and 7"),
        ("1- * * * *", "'1-' is no minute of a cron expression"),
        ("1,, * * * *", "'1,,' is no minute"),
        ("*-5 * * * *", "'*-5' is no minute"),
        ("000 * * * *", "the minute must be between 0 and 59"),
        ("*/00 * * * *", "the step of the minute must be at least 1"),
        ("\u0665 * * * *", "is no minute"),
        ("* * * * fri-mon", "the range of the day of the week runs backwards"),
        ("0 0 30 feb *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
        ("0 0 31 2 */2", "never comes"),
    ],
)
def test_what_it_does_not_know(expression: str, message: str) -> None:
    fault = cron_fault(expression)
    assert fault is not None
    assert message in fault[0]


def field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    ranges = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    one = st.just("*") | number.map(str) | ranges
    stepped = st.tuples(one, st.integers(1, 99)).map(lambda both: f"{both[0]}/{both[1]}")
    return st.lists(one | stepped, min_size=1, max_size=4).map(",".join)


@given(st.tuples(*(field(*bounds) for bounds in FIELDS)))
def test_every_field_within_its_bounds_passes(fields: tuple[str, ...]) -> None:
    assert cron_fault(" ".join(fields)) is None


@given(st.text(max_size=40) | st.text("0123456789*/-,adefjmnst ", max_size=40))
def test_no_text_at_all_crashes_the_reader(text: str) -> None:
    fault = cron_fault(text)
    assert fault is None or fault[0]
