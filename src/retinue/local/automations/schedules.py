"""Schedules as requests carry them: five-field cron expressions and time zones. Only checks."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping

from retinue.local import checks, refusals

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
_TEXT = checks.text(longest=256)


def expression(value: object, param: str) -> str:
    """A standard cron expression: minute, hour, day of the month, month, day of the week."""
    given: str = _TEXT(value, param)
    fields = given.split()
    if len(fields) != len(_FIELDS):
        reason = f"a cron expression has five fields, but this one has {len(fields)}."
        raise refusals.invalid(param, reason)
    for field, (noun, least, most, names) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _fits(part, least, most, names):
                raise refusals.invalid(param, f"'{part}' is no {noun} of a cron expression.")
    return given


def _fits(part: str, least: int, most: int, names: Mapping[str, int]) -> bool:
    match = _RANGE.fullmatch(part)
    if match is None or match["step"] == "0":
        return False
    ends = [_number(each, names) for each in match.group("first", "last") if each is not None]
    return all(least <= each <= most for each in ends) and ends == sorted(ends)


def _number(text: str, names: Mapping[str, int]) -> int:
    """A number, or a name's; -1, which fits nowhere, for anything else."""
    if text.isascii() and text.isdigit():
        return int(text)
    return names.get(text.upper(), -1)


def timezone(value: object, param: str) -> str:
    """The name of an IANA time zone."""
    given: str = _TEXT(value, param)
    if given not in zoneinfo.available_timezones():
        raise refusals.invalid(param, f"'{given}' is no IANA time zone.")
    return given
