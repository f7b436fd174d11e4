"""Cron expressions: which moments one means in a time zone. Pure.

Five fields, as Vixie's cron reads them: where both the day of the month and the day of the week
are restricted, a day that fits either is meant. So it is with changes of the clock: an expression
with a ``*`` for its minute or hour follows the clock, through an hour that comes twice and not
through one that is skipped; any other comes once a day, so much later where its time is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_RANGE = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")
_MOST_DIGITS = 4

_HORIZON_DAYS = 8 * 366 + 1
"""Between two 29ths of February lie eight years at most."""

_CHANGE_HOURS = 3
"""How far a clock is put forward or back at most. Hours of today that lie farther on the wrong side
need no look."""


class Malformed(ValueError):
    """The text is no cron expression; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression: the values of each field in ascending order."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Sunday is 0."""

    either_day: bool
    follows_clock: bool

    def following(self, zone: ZoneInfo, moment: int) -> int | None:
        """The first time after ``moment``, in seconds since 1970; None where none ever comes."""
        return next((each for each in self._times(zone, moment, 1) if each > moment), None)

    def latest(self, zone: ZoneInfo, moment: int) -> int | None:
        """The last time that is not after ``moment``."""
        return next((each for each in self._times(zone, moment, -1) if each <= moment), None)

    def _times(self, zone: ZoneInfo, moment: int, step: int) -> Iterator[int]:
        """Times from the day of ``moment`` on, forwards (1) or backwards (-1)."""
        clock = datetime.fromtimestamp(moment, zone)
        for distance in range(_HORIZON_DAYS):
            day = clock.date() + timedelta(days=step * distance)
            if self._means(day):
                for hour in self.hours[::step]:
                    if distance or (hour - clock.hour) * step >= -_CHANGE_HOURS:
                        yield from self._within(zone, day, hour)[::step]

    def _means(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        fits = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return any(fits) if self.either_day else all(fits)

    def _within(self, zone: ZoneInfo, day: date, hour: int) -> list[int]:
        """The times of an hour as the clock on the wall shows it."""
        found: set[int] = set()
        for minute in self.minutes:
            shown = datetime.combine(day, time(hour, minute), zone)
            if not self.follows_clock:
                found.add(int(shown.timestamp()))
                continue
            twice = {int(shown.replace(fold=fold).timestamp()) for fold in (0, 1)}
            found |= {each for each in twice if _shows(zone, each, hour, minute)}
        return sorted(found)


def _shows(zone: ZoneInfo, moment: int, hour: int, minute: int) -> bool:
    clock = datetime.fromtimestamp(moment, zone)
    return (clock.hour, clock.minute) == (hour, minute)


def parse(expression: str) -> Cron:
    """Read an expression. Raises Malformed where it is none."""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise Malformed(f"a cron expression has five fields, but this one has {len(fields)}.")
    read = [
        frozenset(value for part in field.split(",") for value in _values(part, *known))
        for field, known in zip(fields, _FIELDS, strict=True)
    ]
    free = [field.startswith("*") for field in fields]
    return Cron(
        minutes=tuple(sorted(read[0])),
        hours=tuple(sorted(read[1])),
        days=read[2],
        months=read[3],
        weekdays=frozenset(value % 7 for value in read[4]),
        either_day=not (free[2] or free[4]),
        follows_clock=free[0] or free[1],
    )


def _values(part: str, noun: str, least: int, most: int, names: Mapping[str, int]) -> range:
    """What one part of a field means. A step without an end goes on to the highest value."""
    match = _RANGE.fullmatch(part)
    if match is None:
        raise _unfit(part, noun)
    step = _number(match["step"] or "1", {})
    if match["first"] is None:
        first, last = least, most
    else:
        first = _number(match["first"], names)
        open_end = most if match["step"] else first
        last = open_end if match["last"] is None else _number(match["last"], names)
    if step < 1 or not least <= first <= last <= most:
        raise _unfit(part, noun)
    return range(first, last + 1, step)


def _unfit(part: str, noun: str) -> Malformed:
    return Malformed(f"'{part}' is no {noun} of a cron expression.")


def _number(text: str, names: Mapping[str, int]) -> int:
    """A number, or a name's; -1, which fits nowhere, for anything else."""
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return int(text)
    return names.get(text.upper(), -1)
