"""One limiter for the whole run: how many requests fly at once, and when all of them hold back.

It learns from answers: a 429 halves the window and makes everybody wait as long as the platform
says; answers that go well widen it again, one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from retinue.errors import Interrupted

BACKOFF_BASE = 0.5
BACKOFF_MAX = 20.0
"""Seconds: the first and the longest wait when the platform names none."""

LONGEST_WAIT = 300.0
"""Seconds: when the platform asks for a longer wait, an apply gives up rather than seem to hang."""

PATIENCE = 120.0
"""Seconds of nothing but 429 after which requests are given up; quotas are counted by the minute.
Three times the wait that the platform asks for, where that is longer."""

NOTE_AFTER = 5.0
NOTE_EVERY = 30.0
"""Seconds: a wait that lasts longer than the first is told of, no oftener than the second says."""

_log = logging.getLogger("retinue.platform")

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Limiter:
    """Shared by all requests of a run. ``most`` is the widest window."""

    def __init__(
        self,
        most: int,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tell: Callable[[str], None] = _log.warning,
    ) -> None:
        self._most = float(most)
        self._window = float(most)
        self._now = now
        self._sleep = sleep
        self._tell = tell
        self._told_at = -math.inf
        self._resume_at = 0.0
        self._refused_since: float | None = None
        self._longest = 0.0
        self._flying = 0
        self._changed = asyncio.Condition()
        self._given_up = asyncio.Event()

    @property
    def window(self) -> int:
        """How many requests may fly at once just now."""
        return max(1, int(self._window))

    @property
    def out_of_patience(self) -> bool:
        """Whether there was nothing but 429 for so long that a request shall not be repeated."""
        if self._refused_since is None:
            return False
        return self._now() - self._refused_since >= max(PATIENCE, 3 * self._longest)

    def give_up(self) -> None:
        """From here on nobody waits for the end of a pause: the user asked to stop."""
        self._given_up.set()

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place and for the end of a pause, then hold the place.

        Raises:
            Interrupted: it was to be stopped during a pause; nothing was sent.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._flying < self.window)
            self._flying += 1
        try:
            while (wait := self._resume_at - self._now()) > 0:
                await self._hold_back(wait)
            yield
        finally:
            async with self._changed:
                self._flying -= 1
                # One place is free again, or more: the window may have widened meanwhile.
                self._changed.notify(max(0, self.window - self._flying))

    async def _hold_back(self, seconds: float) -> None:
        """Sit a pause out, unless somebody gives up."""
        waits = [asyncio.ensure_future(w) for w in (self._sleep(seconds), self._given_up.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        if self._given_up.is_set():
            raise Interrupted("stopped while the platform said wait", hint="apply again later")

    async def pause(self, seconds: float) -> None:
        """Wait without holding a place."""
        await self._sleep(seconds)

    def went_well(self, headers: Mapping[str, str]) -> None:
        """An answer came: widen a little, and hold back if the quota is used up."""
        self._window = min(self._most, self._window + 1 / max(self._window, 1.0))
        self._refused_since, self._longest = None, 0.0
        if headers.get("x-ratelimit-remaining-requests") == "0":
            reset = span(headers.get("x-ratelimit-reset-requests", ""))
            if reset:
                self._hold(min(reset, LONGEST_WAIT), "its quota of requests is used up")

    def refused(self, headers: Mapping[str, str], attempt: int) -> None:
        """A 429 came: halve the window and make everybody wait."""
        self._window = max(1.0, self._window / 2)
        if self._refused_since is None:
            self._refused_since = self._now()
        asked = retry_after(headers) or 0.0
        self._longest = max(self._longest, asked)
        if not self.out_of_patience:
            self._hold(asked or backoff(attempt), "429")

    def _hold(self, seconds: float, why: str) -> None:
        now = self._now()
        self._resume_at = max(self._resume_at, now + seconds)
        began = now if self._refused_since is None else self._refused_since
        if self._resume_at - began > NOTE_AFTER and now - self._told_at >= NOTE_EVERY:
            self._told_at = now
            left = self._resume_at - now
            self._tell(f"note: the platform asks to wait ({why}); going on in {left:.0f} s")


def backoff(attempt: int) -> float:
    """Seconds before the retry after ``attempt`` (from 1): doubling, with jitter."""
    full = min(BACKOFF_MAX, BACKOFF_BASE * float(2 ** (attempt - 1)))
    return full * random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, protects nothing


def retry_after(
    headers: Mapping[str, str], *, clock: Callable[[], float] = time.time
) -> float | None:
    """Seconds that Retry-After-Ms or Retry-After asks for; None where there is neither."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    then = _date(headers.get("retry-after", ""))
    if then is None:
        return None
    # By the platform's own clock, if it tells the time: ours may be wrong.
    now = _date(headers.get("date", ""))
    return max(0.0, then - (clock() if now is None else now))


def _date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def span(text: str) -> float:
    """Seconds in a span as OpenAI writes it: ``1s``, ``6m0s``, ``20ms``; 0 for anything else."""
    return sum(float(number) * _UNITS[unit] for number, unit in _SPAN.findall(text))
