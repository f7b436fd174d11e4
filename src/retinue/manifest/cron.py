"""Cron expressions in manifests: what is wrong with one, and how to mend it."""

from __future__ import annotations

from typing import Final, TypeAlias

from retinue.cron import Malformed, parse
from retinue.manifest.keys import redacted
from retinue.manifest.wording import shown

Fault: TypeAlias = tuple[str, str | None]
"""What is wrong, and how to mend it."""

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
_FIELDS: Final = 5
_FIVE: Final = "write minute, hour, day of the month, month and day of the week"


def cron_fault(expression: str) -> Fault | None:
    """Say what is wrong with ``expression``, None when nothing is."""
    if expression.lstrip().startswith("@"):
        spelt = _NICKNAMES.get(expression.strip().lower())
        message = f"{shown(expression)} is no standard cron expression, which has five fields"
        return message, f'write "{spelt}"' if spelt else f"{_FIVE}, e.g. 0 6 * * 1-5"
    try:
        cron = parse(expression)
    except Malformed as error:
        return redacted(str(error)), None if len(expression.split()) == _FIELDS else _FIVE
    if not cron.ever_comes:
        return f"{shown(expression)} never comes: no such month has that day", None
    return None
