"""The tables of automations: what is due when, and what came of it.

An occurrence is a scheduled time that was taken up, by whichever process was first: it is one
invocation's, and the database itself sees to that.
"""

from __future__ import annotations

import json

from retinue.local import pages, refusals
from retinue.local.automations import answers, schedules
from retinue.local.automations.delivering import Delivery
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.lookups import require
from retinue.local.sessions.rows import ACTIVE_SQL

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS agent_automations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  session_id TEXT,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agent_automations_order ON agent_automations (created_at);
CREATE INDEX IF NOT EXISTS agent_automations_session
  ON agent_automations (session_id, created_at);
CREATE TABLE IF NOT EXISTS agent_schedules (
  automation_id TEXT PRIMARY KEY REFERENCES agent_automations (id) ON DELETE CASCADE,
  next_at INTEGER  -- null: not due any more, or not as long as it is paused
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS agent_schedules_due ON agent_schedules (next_at)
  WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS agent_invocations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  automation_id TEXT NOT NULL REFERENCES agent_automations (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  session_id TEXT,
  error TEXT
);
CREATE INDEX IF NOT EXISTS agent_invocations_order
  ON agent_invocations (automation_id, created_at);
CREATE INDEX IF NOT EXISTS agent_invocations_queued ON agent_invocations (created_at)
  WHERE status = 'queued';
CREATE TABLE IF NOT EXISTS agent_occurrences (
  automation_id TEXT NOT NULL REFERENCES agent_automations (id) ON DELETE CASCADE,
  scheduled_at INTEGER NOT NULL,
  invocation_id TEXT NOT NULL UNIQUE,
  automation TEXT NOT NULL,  -- as it was shown at that time
  PRIMARY KEY (automation_id, scheduled_at)
) WITHOUT ROWID;
"""
    + pages.tombstone_trigger("agent_automations")
    + pages.tombstone_trigger("agent_invocations")
)


def require_automation(connection: Connection, automation_id: str) -> Row:
    """The row of an automation, or the API's 404."""
    return require(connection, "agent_automations", "automation", automation_id)


def change(connection: Connection, automation: Row, status: str, **fields: object) -> Row:
    """Give an automation a status, and change ``fields`` of what is kept of it."""
    kept = json.loads(automation["fields"]) | fields
    row: Row = connection.execute(
        "UPDATE agent_automations SET status = ?, session_id = ?, fields = ? WHERE id = ?"
        " RETURNING *",
        (
            *(status, kept["target"].get("session_id")),
            *(json.dumps(kept, ensure_ascii=False), automation["id"]),
        ),
    ).fetchone()
    return row


# --- What is due -------------------------------------------------------------------------------


def plan(connection: Connection, automation: Row, after: int) -> None:
    """Keep when an automation is due next after a moment; only an active one ever is.

    A time that was taken up doesn't come again, also where the clock has been put back.
    """
    next_at = None
    if automation["status"] == "active":
        fields, last = json.loads(automation["fields"]), last_occurrence(connection, automation)
        next_at = schedules.next_time(automation["type"], fields, max(after, last or after))
    connection.execute(
        "INSERT OR REPLACE INTO agent_schedules (automation_id, next_at) VALUES (?, ?)",
        (automation["id"], next_at),
    )


def unplanned(connection: Connection) -> list[Row]:
    """Automations of which nothing is kept: they were made when no schedule fired."""
    return connection.execute(
        "SELECT * FROM agent_automations WHERE id NOT IN"
        " (SELECT automation_id FROM agent_schedules)"
    ).fetchall()


def due(connection: Connection, now: int) -> Row | None:
    """The automation that is due for longest, with its ``next_at``."""
    row: Row | None = connection.execute(
        "SELECT agent_automations.*, next_at FROM agent_schedules JOIN agent_automations"
        " ON id = automation_id WHERE next_at <= ? ORDER BY next_at LIMIT 1",
        (now,),
    ).fetchone()
    return row


def deliverable(connection: Connection) -> Row | None:
    """A queued invocation whose session has become free, or is gone."""
    row: Row | None = connection.execute(
        "SELECT agent_invocations.* FROM agent_invocations JOIN agent_automations AS automation"
        " ON automation.id = automation_id WHERE agent_invocations.status = 'queued'"
        " AND automation.status = 'active' AND NOT EXISTS"
        f" (SELECT 1 FROM agent_turns WHERE session_id = automation.session_id AND {ACTIVE_SQL})"
        " ORDER BY agent_invocations.created_at LIMIT 1"
    ).fetchone()
    return row


def is_waiting(connection: Connection, automation_id: str) -> bool:
    """Whether an invocation of the automation waits for its session."""
    found = connection.execute(
        "SELECT 1 FROM agent_invocations WHERE automation_id = ? AND status = 'queued'",
        (automation_id,),
    )
    return found.fetchone() is not None


def last_occurrence(connection: Connection, automation: Row) -> int | None:
    """The latest scheduled time of the automation that was taken up."""
    last: int | None = connection.execute(
        "SELECT max(scheduled_at) FROM agent_occurrences WHERE automation_id = ?",
        (automation["id"],),
    ).fetchone()[0]
    return last


# --- What came of it ---------------------------------------------------------------------------


def add_invocation(
    connection: Connection, automation: Row, delivery: Delivery, *, status: str, now: int
) -> Row:
    """Keep an invocation."""
    row: Row = connection.execute(
        "INSERT INTO agent_invocations (id, automation_id, created_at, status, session_id, error)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (
            *(new_id("inv_"), automation["id"], now, status, delivery.session_id),
            _error(delivery),
        ),
    ).fetchone()
    return row


def end_invocation(connection: Connection, invocation: Row, delivery: Delivery) -> None:
    """A queued invocation has been delivered, or can't be."""
    session_id = delivery.session_id or invocation["session_id"]
    connection.execute(
        "UPDATE agent_invocations SET status = ?, session_id = ?, error = ? WHERE id = ?",
        (delivery.status, session_id, _error(delivery), invocation["id"]),
    )


def _error(delivery: Delivery) -> str | None:
    return json.dumps(delivery.error, ensure_ascii=False) if delivery.error else None


def add_occurrence(
    connection: Connection, automation: Row, invocation: Row, scheduled_at: int
) -> None:
    """Keep what an invocation was scheduled for."""
    shown = json.dumps(answers.automation(automation), ensure_ascii=False)
    connection.execute(
        "INSERT INTO agent_occurrences (automation_id, scheduled_at, invocation_id, automation)"
        " VALUES (?, ?, ?, ?)",
        (automation["id"], scheduled_at, invocation["id"], shown),
    )


def require_invocation(connection: Connection, automation_id: str, invocation_id: str) -> Row:
    """The row of an automation's invocation, or the API's 404."""
    require_automation(connection, automation_id)
    row: Row | None = connection.execute(
        "SELECT * FROM agent_invocations WHERE id = ? AND automation_id = ?",
        (invocation_id, automation_id),
    ).fetchone()
    if row is None:
        raise refusals.absent("invocation", invocation_id)
    return row


def shown_invocation(connection: Connection, row: Row) -> Json:
    """An invocation as JSON."""
    occurrence = connection.execute(
        "SELECT * FROM agent_occurrences WHERE invocation_id = ?", (row["id"],)
    ).fetchone()
    return answers.invocation(row, occurrence)
