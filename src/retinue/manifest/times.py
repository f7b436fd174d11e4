"""Times and time zones as manifests write them."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime
from typing import Final

from retinue.manifest.context import Context, Declaration
from retinue.manifest.suggest import did_you_mean
from retinue.manifest.wording import shown

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def read_time(
    context: Context, owner: Declaration, written: str, *path: str | int
) -> datetime | None:
    """Read a time as RFC 3339 has it, with its offset from UTC; report what is none."""
    try:
        if _TIME.fullmatch(written):
            return datetime.fromisoformat(written)
    except ValueError:  # the 31st of June
        pass
    context.report(
        "TIME",
        owner.places.at(*path),
        f"{shown(written)} is no time with its offset from UTC",
        "write it as in 2026-12-24T18:00:00+01:00, or with Z for UTC",
    )
    return None


def check_timezone(context: Context, owner: Declaration, zone: str, *path: str | int) -> None:
    """Report a name that no time zone has. A machine without the data lets every name pass."""
    if _known(zone) or not _known("Europe/London"):
        return
    hint = did_you_mean(zone, zoneinfo.available_timezones(), "write it as in Europe/Berlin")
    context.report("TIMEZONE", owner.places.at(*path), f"there is no time zone {shown(zone)}", hint)


def _known(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a path
        return False
    return True
