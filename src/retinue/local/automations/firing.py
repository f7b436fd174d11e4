"""Fires the schedules of automations in a process that serves.

Several processes may serve one file: an occurrence is taken up within the transaction that starts
its session, so that it is nobody else's. Of the times that passed while nobody served, the last one
is made up for. Where the session of an automation is busy, the invocation waits until it is free;
what comes due meanwhile is skipped.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from retinue.local.automations import rows, schedules
from retinue.local.automations.delivering import Delivery, deliver
from retinue.local.database import Connection, Database, Row
from retinue.local.platform import Platform
from retinue.local.sessions.inputs import Outcome

_log = logging.getLogger("retinue.local")
_TICK_SECONDS = 1.0


async def keep_time(platform: Platform) -> None:
    """Fire what is due, every second, until the task is cancelled."""
    while True:
        try:
            await fire(platform)
        except Exception:  # noqa: BLE001 - whatever it is, it may be over in a second
            _log.exception("the schedules of automations could not be looked at")
        await asyncio.sleep(_TICK_SECONDS)


async def fire(platform: Platform) -> None:
    """Fire all that is due at this moment."""
    while (started := await run_in_threadpool(_fire_next, platform)) is not None:
        for outcome in started:
            outcome.carry_out(platform)


def plan_unplanned(database: Database, *, now: int) -> None:
    """Plan automations of a file from before schedules fired: from now on they do."""
    with database.read() as connection:
        unplanned = rows.unplanned(connection)
    if unplanned:
        with database.write() as connection:
            for automation in unplanned:
                rows.plan(connection, automation, now)


def _fire_next(platform: Platform) -> Sequence[Outcome] | None:
    """Fire what is due for longest; None where nothing is. Gives what is to be carried out."""
    now = int(platform.clock())
    with platform.read() as connection:
        if rows.due(connection, now) is None and rows.deliverable(connection) is None:
            return None
    with platform.write() as connection:  # another process may have been faster
        automation = rows.due(connection, now)
        if automation is not None:
            return _fire(connection, platform, automation, now)
        invocation = rows.deliverable(connection)
        if invocation is not None:
            return _deliver_late(connection, platform, invocation, now)
    return None


def _fire(
    connection: Connection, platform: Platform, automation: Row, now: int
) -> Sequence[Outcome]:
    """Take up an occurrence, and plan the next one."""
    fields, kind = json.loads(automation["fields"]), automation["type"]
    scheduled_at = schedules.missed_time(kind, fields, automation["next_at"], now)
    if rows.is_waiting(connection, automation["id"]):
        delivery, status = Delivery(fields["target"]["session_id"]), "skipped"
    else:
        delivery = deliver(connection, platform, automation)
        status = "queued" if delivery.busy else delivery.status
    invocation = rows.add_invocation(connection, automation, delivery, status=status, now=now)
    rows.add_occurrence(connection, automation, invocation, scheduled_at)
    rows.plan(connection, _after(connection, automation, delivery), now)
    return delivery.outcomes


def _deliver_late(
    connection: Connection, platform: Platform, invocation: Row, now: int
) -> Sequence[Outcome]:
    """Deliver what had to wait."""
    automation = rows.require_automation(connection, invocation["automation_id"])
    delivery = deliver(connection, platform, automation)
    rows.end_invocation(connection, invocation, delivery)
    rows.plan(connection, _after(connection, automation, delivery), now)
    return delivery.outcomes


def _after(connection: Connection, automation: Row, delivery: Delivery) -> Row:
    """The automation as a delivery leaves it: once is done then, and a lost session pauses it."""
    if delivery.busy:
        return automation
    if automation["type"] == "once":
        return rows.change(connection, automation, "completed")
    if delivery.error and automation["session_id"]:
        return rows.change(connection, automation, "paused", pause_reason="target_session_failed")
    return automation
