"""The tables of runs and run steps, and every change of their status.

Each change names the statuses it may start from, so a run that was cancelled, has expired or was
lost to another process is never brought back by a task that didn't notice. Whatever ends a run
also ends its open steps and messages and frees its lease: triggers see to that, whoever it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from retinue.local import pages, refusals
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.platform import Deadline
from retinue.local.work import leases, states

EXPIRES_SECONDS = 600
"""A run that isn't done ten minutes after its creation expires (documented for requires_action)."""

WORKING = ("queued", "in_progress")
ACTIVE = (*WORKING, "requires_action", "cancelling")
_ACTIVE_SQL = "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
_LOST = json.dumps(
    {
        "code": "server_error",
        "message": "The server that carried out this run stopped before it was done.",
    }
)

SCHEMA = (
    f"""
CREATE TABLE IF NOT EXISTS runs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  assistant_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  expires_at INTEGER NOT NULL,
  last_error TEXT,
  incomplete_reason TEXT,
  usage TEXT,
  metadata TEXT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_order ON runs (thread_id, created_at);
CREATE UNIQUE INDEX IF NOT EXISTS runs_active ON runs (thread_id) WHERE {_ACTIVE_SQL};
CREATE INDEX IF NOT EXISTS runs_expiry ON runs (expires_at) WHERE {_ACTIVE_SQL};
CREATE TABLE IF NOT EXISTS run_steps (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  thread_id TEXT NOT NULL,
  assistant_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'in_progress',
  ended_at INTEGER,
  last_error TEXT,
  message_id TEXT,
  calls TEXT NOT NULL DEFAULT '[]',
  usage TEXT
);
CREATE INDEX IF NOT EXISTS run_steps_order ON run_steps (run_id, created_at);
CREATE TRIGGER IF NOT EXISTS runs_closed AFTER UPDATE OF status ON runs
WHEN NEW.status IN ('completed', 'failed', 'cancelled', 'expired', 'incomplete') BEGIN
  UPDATE run_steps SET ended_at = NEW.ended_at, status = CASE NEW.status
      WHEN 'cancelled' THEN 'cancelled' WHEN 'expired' THEN 'expired' ELSE 'failed' END,
    last_error = iif(NEW.status = 'failed', NEW.last_error, NULL)
  WHERE run_id = NEW.id AND status = 'in_progress';
  UPDATE messages SET status = 'incomplete', ended_at = NEW.ended_at,
    incomplete_reason = CASE NEW.status WHEN 'cancelled' THEN 'run_cancelled'
      WHEN 'expired' THEN 'run_expired' WHEN 'incomplete' THEN 'max_tokens'
      ELSE 'run_failed' END
  WHERE run_id = NEW.id AND status = 'in_progress';
  DELETE FROM leases WHERE id = NEW.id;
END;
"""
    + leases.lost_trigger(
        "runs",
        f"""
  UPDATE runs SET ended_at = NEW.lost_at,
    last_error = iif(status = 'cancelling', NULL, '{_LOST}'),
    status = iif(status = 'cancelling', 'cancelled', 'failed')
  WHERE id = NEW.id AND status IN ('queued', 'in_progress', 'cancelling');
""",
    )
    + pages.tombstone_trigger("runs")
    + pages.tombstone_trigger("run_steps")
)

EXPIRY = Deadline(
    due=f"SELECT 1 FROM runs WHERE expires_at <= :now AND {_ACTIVE_SQL} LIMIT 1",
    act="UPDATE runs SET ended_at = :now, status = iif(status = 'cancelling', 'cancelled',"
    f" 'expired') WHERE expires_at <= :now AND {_ACTIVE_SQL}",
)


def require_run(connection: Connection, thread_id: str, run_id: str) -> Row:
    """The row of a run, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM runs WHERE id = ? AND thread_id = ?", (run_id, thread_id)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"No run found with id '{run_id}'.")
    return row


def find_run(connection: Connection, run_id: str) -> Row | None:
    """The row of a run, whatever its thread."""
    row: Row | None = connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row


def steps_of(connection: Connection, run_id: str) -> list[Row]:
    """A run's steps in their order."""
    return connection.execute(
        "SELECT * FROM run_steps WHERE run_id = ? ORDER BY created_at, seq", (run_id,)
    ).fetchall()


def move(
    connection: Connection, run_id: str, status: str, *, of: Sequence[str], **columns: Any
) -> Row:
    """Give a run a new status; raises ``Gone`` unless it has one ``of`` those named."""
    return states.move(connection, "runs", run_id, of=of, status=status, **columns)


def change_step(connection: Connection, step_id: str, **columns: Any) -> Row:
    """Change columns of a step."""
    settings = ", ".join(f"{name} = :{name}" for name in columns)
    row: Row = connection.execute(
        f"UPDATE run_steps SET {settings} WHERE id = :id RETURNING *", {**columns, "id": step_id}
    ).fetchone()
    return row


def error(code: str, message: str) -> str:
    """A run's ``last_error`` as it is stored. Codes that a run doesn't have become server_error."""
    known = ("server_error", "rate_limit_exceeded", "invalid_prompt")
    fields: Json = {"code": code if code in known else "server_error", "message": message}
    return json.dumps(fields, ensure_ascii=False)
