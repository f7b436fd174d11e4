"""Cron expressions: which moments one means in a time zone. Pure.

OpenAI's SDK (3.52.0, AutomationsResource.create) says "a standard five-field cron expression". So
no extension is let through: neither seconds and years, nor L, W, # and @daily. The fields are read
as Vixie's cron reads them: where both the day of the month and the day of the week
are restricted, a day that fits either is meant. So it is with changes of the clock: an expression
with a ``*`` for its minute or hour follows the clock, through an hour that comes twice and not
through one that is skipped; any other comes once a day, so much later where its time is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


# Not from the calendar module: its names follow the machine's language.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)
_PART = re.compile(
    r"(?:\*|(?P<first>[0-9]+|[a-z]{3})(?:-(?P<last>[0-9]+|[a-z]{3}))?)(?:/(?P<step>[0-9]{1,4}))?",
    re.IGNORECASE,
)
_LONGEST = 40
"""Characters of a text that a message shows."""

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

    def following(self, zone: tzinfo, moment: int) -> int | None:
        """The first time after ``moment``, in seconds since 1970; None where none ever comes."""
        return next((each for each in self._times(zone, moment, 1) if each > moment), None)

    def latest(self, zone: tzinfo, moment: int) -> int | None:
        """The last time that is not after ``moment``."""
        return next((each for each in self._times(zone, moment, -1) if each <= moment), None)

    @property
    def ever_comes(self) -> bool:
        """Whether any day fits, unlike the 31st of February."""
        return self.following(UTC, 0) is not None

    def _times(self, zone: tzinfo, moment: int, step: int) -> Iterator[int]:
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

    def _within(self, zone: tzinfo, day: date, hour: int) -> list[int]:
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


def _shows(zone: tzinfo, moment: int, hour: int, minute: int) -> bool:
    clock = datetime.fromtimestamp(moment, zone)
    return (clock.hour, clock.minute) == (hour, minute)


def parse(expression: str) -> Cron:
    """Read an expression. Raises Malformed where it is none."""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise Malformed(
            f"{_shown(expression)} has {len(fields)} fields; a cron expression has five"
        )
    minutes, hours, days, months, weekdays = (
        frozenset(_values(field, text)) for field, text in zip(_FIELDS, fields, strict=True)
    )
    free = [text.startswith("*") for text in fields]
    return Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(value % 7 for value in weekdays),
        either_day=not (free[2] or free[4]),
        follows_clock=free[0] or free[1],
    )


def _values(field: _Field, text: str) -> Iterator[int]:
    """The values that a field lets through."""
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise Malformed(f"{_shown(text)} is no {field.name} of a cron expression")
        yield from _range(field, match)


def _range(field: _Field, match: re.Match[str]) -> range:
    """What one part of a field means. A step without an end goes on to the highest value."""
    first = _value(field, match["first"]) if match["first"] else field.least
    step = int(match["step"] or 1)
    if match["last"]:
        last = _value(field, match["last"])
    else:
        last = first if match["first"] and not match["step"] else field.most
    if first > last:
        raise Malformed(f"{_shown(match[0])}: the range of the {field.name} runs backwards")
    if step == 0:
        raise Malformed(f"{_shown(match[0])}: the step of the {field.name} must be at least 1")
    return range(first, last + 1, step)


def _value(field: _Field, text: str) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + field.least
    if text.isdecimal() and len(text) <= 2 and field.least <= int(text) <= field.most:
        return int(text)
    raise Malformed(
        f"the {field.name} must be between {field.least} and {field.most}, not {_shown(text)}"
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
