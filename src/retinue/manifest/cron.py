"""Cron expressions: the five fields that every cron knows.

OpenAI's SDK (3.52.0, AutomationsResource.create) says "a standard five-field cron expression". So
no extension is let through: neither seconds and years, nor L, W, # and @daily.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from retinue.manifest.wording import shown

Fault: TypeAlias = tuple[str, str | None]
"""What is wrong, and how to mend it."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


# Not from the calendar module: its names follow the machine's language.
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)
_PART: Final = re.compile(
    r"(?:\*|(?P<first>[0-9]+|[a-z]{3})(?:-(?P<last>[0-9]+|[a-z]{3}))?)(?:/(?P<step>[0-9]+))?",
    re.IGNORECASE,
)
_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What some crons have besides, and the five fields that say the same."""
_FIVE: Final = "write minute, hour, day of the month, month and day of the week"
_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class _Malformed(Exception):
    """A field is not what cron knows."""


def cron_fault(expression: str) -> Fault | None:
    """Say what is wrong with ``expression``, None when nothing is."""
    written = expression.split()
    if expression.lstrip().startswith("@"):
        spelt = _NICKNAMES.get(expression.strip().lower())
        message = f"{shown(expression)} is no standard cron expression, which has five fields"
        return message, f'write "{spelt}"' if spelt else f"{_FIVE}, e.g. 0 6 * * 1-5"
    if len(written) != len(_FIELDS):
        message = f"{shown(expression)} has {len(written)} fields; a cron expression has five"
        return message, _FIVE
    try:
        values = [set(_values(field, text)) for field, text in zip(_FIELDS, written, strict=True)]
    except _Malformed as error:
        return str(error), None
    longest = max(_LENGTHS[month - 1] for month in values[3])
    if written[4] == "*" and min(values[2]) > longest:
        return f"{shown(expression)} never comes: no such month has that day", None
    return None


def _values(field: _Field, text: str) -> Iterator[int]:
    """Yield the values that a field lets through."""
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise _Malformed(f"{shown(text)} is no {field.name} of a cron expression")
        yield from _range(field, match)


def _range(field: _Field, match: re.Match[str]) -> range:
    first = _value(field, match["first"]) if match["first"] else field.least
    step = int(match["step"] or 1)
    if match["last"]:
        last = _value(field, match["last"])
    else:
        last = first if match["first"] and not match["step"] else field.most
    if first > last:
        raise _Malformed(f"{shown(match[0])}: the range of the {field.name} runs backwards")
    if step == 0:
        raise _Malformed(f"{shown(match[0])}: the step of the {field.name} must be at least 1")
    return range(first, last + 1, step)


def _value(field: _Field, text: str) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + (1 if field.least == 1 else 0)
    if text.isdecimal() and len(text) <= 2 and field.least <= int(text) <= field.most:
        return int(text)
    raise _Malformed(
        f"the {field.name} must be between {field.least} and {field.most}, not {shown(text)}"
    )
