"""Delivers an automation: a new session is started, or its session is told what to do.

Shared by what clients invoke and by what schedules fire.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from retinue.local import refusals
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.platform import Platform
from retinue.local.sessions import creating
from retinue.local.sessions.fields import said
from retinue.local.sessions.inputs import Inputs, Outcome
from retinue.local.sessions.rows import active_turn, require_session

_log = logging.getLogger("retinue.local")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of it. Without an ``outcome`` and an ``error`` the session was busy."""

    session_id: str | None = None
    outcome: Outcome | None = None
    error: Json | None = None

    @property
    def busy(self) -> bool:
        """Nothing happened, for the target's session has an active turn."""
        return self.outcome is None and self.error is None

    @property
    def status(self) -> str:
        """The invocation's status, if the session was free."""
        return "failed" if self.error else "completed"

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What is to be carried out after the commit."""
        return [self.outcome] if self.outcome else []


def deliver(connection: Connection, platform: Platform, automation: Row) -> Delivery:
    """Deliver an automation once. What can't be delivered leaves nothing but the reason."""
    target = json.loads(automation["fields"])["target"]
    connection.execute("SAVEPOINT delivery")
    try:
        delivery = _delivered(connection, platform, target)
    except sqlite3.Error:
        raise
    except refusals.Refusal as refusal:
        error = {"code": refusal.code or refusal.kind, "message": refusal.message}
    except Exception:  # noqa: BLE001 - one automation must not hold up all others
        _log.exception("automation %s failed", automation["id"])
        error = {"code": "internal_error", "message": refusals.broken().message}
    else:
        connection.execute("RELEASE delivery")
        return delivery
    connection.execute("ROLLBACK TO delivery")
    connection.execute("RELEASE delivery")
    return Delivery(error=error)


def _delivered(connection: Connection, platform: Platform, target: Json) -> Delivery:
    if target["type"] == "new_session":
        outcome = creating.create(connection, platform, target)
        return Delivery(outcome.session_id, outcome)
    session = require_session(connection, target["session_id"])
    if active_turn(connection, session["id"]):
        return Delivery(session["id"])
    inputs = Inputs(connection, platform, session)
    inputs.say(said(target["instructions"]))
    return Delivery(session["id"], inputs.outcome)
