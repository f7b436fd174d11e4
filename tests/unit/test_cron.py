"""Cron expressions as moments: days, time zones, and clocks that are put forward and back."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from retinue import cron

BERLIN = "Europe/Berlin"


def moment(text: str, zone: str) -> int:
    """Seconds since 1970 of a local time, or of one with an offset."""
    given = datetime.fromisoformat(text)
    return int((given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))).timestamp())


def following(expression: str, after: str, zone: str = BERLIN, *, most: int = 3) -> list[str]:
    parsed, found, now = cron.parse(expression), [], moment(after, zone)
    for _ in range(most):
        time = parsed.following(ZoneInfo(zone), now)
        if time is None:
            break
        now = time
        found.append(datetime.fromtimestamp(now, ZoneInfo(zone)).isoformat(timespec="minutes"))
    return found


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("* * * * *", ["2026-11-21T12:01", "2026-11-21T12:02", "2026-11-21T12:03"]),
        ("30 7 * * mon-FRI", ["2026-11-23T07:30", "2026-11-24T07:30", "2026-11-25T07:30"]),
        ("0 12 * * *", ["2026-11-22T12:00", "2026-11-23T12:00", "2026-11-24T12:00"]),
        ("*/20 23,0 * * *", ["2026-11-21T23:00", "2026-11-21T23:20", "2026-11-21T23:40"]),
        ("50/5 12 * * *", ["2026-11-21T12:50", "2026-11-21T12:55", "2026-11-22T12:50"]),
        ("0 0 1-7 JAN *", ["2027-01-01T00:00", "2027-01-02T00:00", "2027-01-03T00:00"]),
        ("0 0 * * 7", ["2026-11-22T00:00", "2026-11-29T00:00", "2026-12-06T00:00"]),
        ("0 0 * * 5-7", ["2026-11-22T00:00", "2026-11-27T00:00", "2026-11-28T00:00"]),
        # Both days restricted: either will do. With a * in front of one, both have to fit.
        ("0 0 13 * FRI", ["2026-11-27T00:00", "2026-12-04T00:00", "2026-12-11T00:00"]),
        ("0 0 */7 * SUN", ["2026-11-22T00:00", "2026-11-29T00:00", "2027-08-01T00:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        ("0 0 31 2 *", []),
    ],
)
def test_times(expression: str, times: list[str]) -> None:
    found = following(expression, "2026-11-21T12:00", "UTC", most=len(times) or 1)
    assert found == [f"{each}+00:00" for each in times]


@pytest.mark.parametrize(
    ("expression", "after", "times"),
    [
        # 02:00 to 03:00 is skipped on 29 March 2026 and comes twice on 25 October.
        ("30 2 * * *", "2026-03-28T12:00", ["2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"]),
        ("30 2 * * *", "2026-10-24T12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ("30 * * * *", "2026-03-29T01:00", ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"]),
        (
            "30 * * * *",
            "2026-10-25T02:00+02:00",
            [
                "2026-10-25T02:30+02:00",
                "2026-10-25T02:30+01:00",
                "2026-10-25T03:30+01:00",
            ],
        ),
        ("*/30 2 * * *", "2026-03-29T00:00", ["2026-03-30T02:00+02:00", "2026-03-30T02:30+02:00"]),
    ],
)
def test_clocks_that_change(expression: str, after: str, times: list[str]) -> None:
    assert following(expression, after, most=len(times)) == times


@pytest.mark.parametrize(
    ("expression", "at", "latest"),
    [
        ("0 12 * * *", "2026-11-21T12:00", "2026-11-21T12:00"),
        ("0 12 * * *", "2026-11-21T11:59", "2026-11-20T12:00"),
        ("* * * * *", "2026-11-21T00:00", "2026-11-21T00:00"),
        ("0 0 29 2 *", "2026-11-21T12:00", "2024-02-29T00:00"),
    ],
)
def test_the_latest_time(expression: str, at: str, latest: str) -> None:
    found = cron.parse(expression).latest(ZoneInfo(BERLIN), moment(at, BERLIN) + 30)
    assert found == moment(latest, BERLIN)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "@daily",
        "* * * *",
        "0 0 * * * *",
        "1,,2 * * * *",
        "1- * * * *",
        "\u0661 * * * *",
        "* * L * *",
    ],
)
def test_what_is_none(expression: str) -> None:
    with pytest.raises(cron.Malformed):
        cron.parse(expression)
