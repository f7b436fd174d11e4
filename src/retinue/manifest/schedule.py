"""Schedules: when an automation starts, periodically or once."""

from __future__ import annotations

from retinue.manifest.context import Context, Declaration
from retinue.manifest.cron import cron_fault
from retinue.manifest.model import Json
from retinue.manifest.times import check_timezone, read_time


def read_schedule(context: Context, owner: Declaration) -> dict[str, Json] | None:
    """Return ``schedule`` as the platform has it, None after reporting that it makes no sense."""
    written = owner.value.get("schedule", {})
    if "at" in written:
        time = read_time(context, owner, written["at"], "schedule", "at")
        return {"type": "once", "run_at": int(time.timestamp())} if time is not None else None
    if "cron" in written and "timezone" in written:
        return _periodic(context, owner, written["cron"], written["timezone"])
    return None


def _periodic(context: Context, owner: Declaration, cron: str, zone: str) -> dict[str, Json]:
    fault = cron_fault(cron)
    if fault is not None:
        message, hint = fault
        context.report("SCHEDULE", owner.places.at("schedule", "cron"), message, hint)
    check_timezone(context, owner, zone, "schedule", "timezone")
    return {"type": "periodic", "expression": " ".join(cron.split()), "timezone": zone}
