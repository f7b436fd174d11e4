"""Schedules of automations: what a request may say of one, and when one is due. Pure."""

from __future__ import annotations

import zoneinfo

from retinue import cron
from retinue.local import checks, refusals
from retinue.local.calls import Json

_TEXT = checks.text(longest=256)


def expression(value: object, param: str) -> str:
    """A standard cron expression: minute, hour, day of the month, month, day of the week."""
    given: str = _TEXT(value, param)
    try:
        cron.parse(given)
    except cron.Malformed as error:
        raise refusals.invalid(param, f"{error}.") from None
    return given


def timezone(value: object, param: str) -> str:
    """The name of an IANA time zone."""
    given: str = _TEXT(value, param)
    if given not in zoneinfo.available_timezones():
        raise refusals.invalid(param, f"'{given}' is no IANA time zone.")
    return given


def next_time(kind: str, fields: Json, after: int) -> int | None:
    """When an automation of this type is due next after a moment, if ever."""
    if kind == "once":
        run_at: int = fields["run_at"]
        return run_at if run_at > after else None
    return cron.parse(fields["expression"]).following(_zone(fields), after)


def missed_time(kind: str, fields: Json, due: int, now: int) -> int:
    """The time to make up for: of several that have passed since ``due``, the last alone."""
    if kind == "once":
        return due
    latest = cron.parse(fields["expression"]).latest(_zone(fields), now)
    return due if latest is None else max(due, latest)


def _zone(fields: Json) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(fields["timezone"])
