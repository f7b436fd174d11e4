"""The limiter under a clock that sleeping moves on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds.world import Time

from retinue.errors import Interrupted
from retinue.platform.limiter import BACKOFF_MAX, PATIENCE, Limiter, backoff, retry_after, span

LATER = "Wed, 21 Oct 2026 07:28:00 GMT"


def limiter_of(most: int, notes: list[str] | None = None) -> tuple[Limiter, Time]:
    time = Time()
    told = [] if notes is None else notes
    return Limiter(most, now=time, sleep=time.sleep, tell=told.append), time


async def waited(limiter: Limiter, time: Time) -> float:
    """How long the next request waits."""
    start = time.now
    async with limiter.slot():
        return time.now - start


def test_a_429_halves_the_window_down_to_one() -> None:
    limiter, _ = limiter_of(8)
    windows = []
    for _ in range(5):
        limiter.refused({"retry-after": "0"}, 1)
        windows.append(limiter.window)
    assert windows == [4, 2, 1, 1, 1]


def test_answers_that_go_well_widen_it_again_and_never_further() -> None:
    limiter, _ = limiter_of(4)
    limiter.refused({}, 1)
    assert limiter.window == 2
    for _ in range(20):
        limiter.went_well({})
    assert limiter.window == 4


def test_everybody_waits_as_long_as_the_platform_asks() -> None:
    limiter, time = limiter_of(4)
    limiter.refused({"retry-after": "7"}, 1)
    assert asyncio.run(waited(limiter, time)) == pytest.approx(7)
    assert asyncio.run(waited(limiter, time)) == 0


def test_without_a_word_from_the_platform_the_wait_grows() -> None:
    limiter, time = limiter_of(4)
    limiter.refused({}, 4)
    assert asyncio.run(waited(limiter, time)) == pytest.approx(4, rel=0.26)


def test_a_used_up_quota_is_waited_for_before_it_is_refused() -> None:
    limiter, time = limiter_of(4)
    limiter.went_well({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"})
    assert asyncio.run(waited(limiter, time)) == pytest.approx(62)
    limiter.went_well({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "9s"})
    assert asyncio.run(waited(limiter, time)) == 0


def refused_for(limiter: Limiter, time: Time, seconds: float, headers: dict[str, str]) -> None:
    """Nothing but 429 for so long."""

    async def work() -> None:
        start, attempt = time.now, 1
        while time.now - start < seconds and not limiter.out_of_patience:
            limiter.refused(headers, attempt)
            await waited(limiter, time)
            attempt += 1

    asyncio.run(work())


@pytest.mark.parametrize(
    ("headers", "most"), [({}, PATIENCE), ({"retry-after": "1"}, PATIENCE),
                          ({"retry-after": "60"}, 180), ({"retry-after": "300"}, 900)]
)  # fmt: skip
def test_patience_ends_after_two_minutes_or_three_of_the_waits_that_are_asked_for(
    headers: dict[str, str], most: float
) -> None:
    limiter, time = limiter_of(4)
    start = time.now
    refused_for(limiter, time, 10_000, headers)
    assert most <= time.now - start <= most + BACKOFF_MAX * 1.25


def test_an_answer_that_goes_well_gives_patience_back() -> None:
    limiter, time = limiter_of(4)
    refused_for(limiter, time, 10_000, {})
    assert limiter.out_of_patience
    limiter.went_well({})
    assert not limiter.out_of_patience


def test_a_short_wait_is_not_told_of() -> None:
    notes: list[str] = []
    limiter, time = limiter_of(4, notes)
    refused_for(limiter, time, 2, {})
    limiter.refused({"retry-after": "1"}, 1)
    assert notes == []


def test_a_long_wait_is_told_of_when_it_begins() -> None:
    notes: list[str] = []
    limiter, _ = limiter_of(4, notes)
    limiter.refused({"retry-after": "60"}, 1)
    assert notes == ["note: the platform asks to wait (429); going on in 60 s"]


def test_many_waits_are_told_of_now_and_then() -> None:
    notes: list[str] = []
    limiter, time = limiter_of(4, notes)
    refused_for(limiter, time, 10_000, {})
    assert 3 <= len(notes) <= PATIENCE / 30 + 1


def test_a_used_up_quota_is_told_of() -> None:
    notes: list[str] = []
    limiter, _ = limiter_of(4, notes)
    limiter.went_well({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"})
    assert notes == [
        "note: the platform asks to wait (its quota of requests is used up); going on in 62 s"
    ]


def test_who_says_nothing_else_is_told_on_standard_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Limiter(4).refused({"retry-after": "60"}, 1)
    assert [(each.name, each.levelname) for each in caplog.records] == [
        ("retinue.platform", "WARNING")
    ]


async def most_flying(limiter: Limiter, requests: int, *, well: bool = False) -> int:
    """How many of so many requests fly at once; with ``well``, each widens the window."""
    flying, most = 0, 0

    async def one() -> None:
        nonlocal flying, most
        async with limiter.slot():
            flying += 1
            most = max(most, flying)
            await asyncio.sleep(0)
            if well:
                limiter.went_well({})
            flying -= 1

    await asyncio.gather(*(one() for _ in range(requests)))
    return most


def test_no_more_fly_at_once_than_the_window_is_wide() -> None:
    limiter, _ = limiter_of(3)
    assert asyncio.run(most_flying(limiter, 20)) == 3


def test_a_window_that_widens_lets_in_more_of_those_who_wait() -> None:
    limiter, time = limiter_of(8)
    for _ in range(3):
        limiter.refused({"retry-after": "1"}, 1)
    assert limiter.window == 1
    assert asyncio.run(most_flying(limiter, 60, well=True)) > 4
    assert time.now > 0


def test_who_gives_up_waits_for_no_pause_and_sends_nothing() -> None:
    limiter = Limiter(4)
    limiter.refused({"retry-after": "60"}, 1)

    async def work() -> None:
        request = asyncio.create_task(waited(limiter, Time()))
        await asyncio.sleep(0)
        limiter.give_up()
        await asyncio.wait_for(request, 5)

    with pytest.raises(Interrupted):
        asyncio.run(work())


def test_a_request_that_fails_gives_its_place_back() -> None:
    limiter, time = limiter_of(1)

    async def failing() -> None:
        async with limiter.slot():
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        asyncio.run(failing())
    assert asyncio.run(waited(limiter, time)) == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
        ({"retry-after": LATER}, 90),
        ({"retry-after": LATER, "date": "Wed, 21 Oct 2026 07:27:40 GMT"}, 20),
        ({"retry-after": LATER, "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0),
        ({"retry-after": LATER, "date": "today"}, 90),
        ({"retry-after": "Wed, 99 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00"}, 90),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    at_our_place = datetime(2026, 10, 21, 7, 26, 30, tzinfo=UTC).timestamp()
    assert retry_after(headers, clock=lambda: at_our_place) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("1h2m3s", 3723), ("1.5s", 1.5), ("", 0), ("x", 0)],
)
def test_spans_as_openai_writes_them(text: str, seconds: float) -> None:
    assert span(text) == pytest.approx(seconds)


@given(st.integers(1, 60))
def test_backoff_is_bounded(attempt: int) -> None:
    assert 0.375 <= backoff(attempt) <= BACKOFF_MAX * 1.25
