"""The tables of sessions, their turns and items, and every change of a turn's status.

A session has one active turn at most; the database itself sees to that. Its status follows its
turns: triggers keep it, whoever changes a turn. Whatever ends a turn also closes its open items
and frees its lease.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from retinue.local import pages, refusals
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.lookups import require
from retinue.local.turns.items import Usage
from retinue.local.work import leases, states

WORKING = ("queued", "in_progress")
ACTIVE = (*WORKING, "waiting")
ACTIVE_SQL = "status IN ('queued', 'in_progress', 'waiting')"
_LOST = json.dumps(
    {
        "code": "internal_error",
        "message": "The server that carried out this turn stopped before it was done.",
    }
)
_STATUS = """CASE NEW.status WHEN 'waiting' THEN 'requires_action'
    WHEN 'queued' THEN 'in_progress' WHEN 'in_progress' THEN 'in_progress' ELSE 'idle' END"""

SCHEMA = (
    f"""
CREATE TABLE IF NOT EXISTS agent_sessions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'idle',
  agent_id TEXT NOT NULL,
  agent_is_local INTEGER NOT NULL,
  environment_id TEXT,
  metadata TEXT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agent_sessions_order ON agent_sessions (created_at);
CREATE INDEX IF NOT EXISTS agent_sessions_agent ON agent_sessions (agent_id, created_at);
CREATE TABLE IF NOT EXISTS agent_turns (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
  agent_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'queued',
  started_at INTEGER,
  ended_at INTEGER,
  error TEXT,
  usage TEXT
);
CREATE INDEX IF NOT EXISTS agent_turns_order ON agent_turns (session_id, created_at);
CREATE UNIQUE INDEX IF NOT EXISTS agent_turns_active ON agent_turns (session_id)
  WHERE {ACTIVE_SQL};
CREATE TABLE IF NOT EXISTS agent_items (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
  turn_id TEXT NOT NULL REFERENCES agent_turns (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  output_index INTEGER,
  item TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agent_items_order ON agent_items (session_id, created_at);
CREATE INDEX IF NOT EXISTS agent_items_turn ON agent_items (turn_id, created_at);
CREATE TRIGGER IF NOT EXISTS agent_turns_begun AFTER INSERT ON agent_turns BEGIN
  UPDATE agent_sessions SET status = {_STATUS}, last_active_at = NEW.created_at
  WHERE id = NEW.session_id;
END;
CREATE TRIGGER IF NOT EXISTS agent_turns_moved AFTER UPDATE OF status ON agent_turns BEGIN
  UPDATE agent_sessions SET status = {_STATUS},
    last_active_at = coalesce(NEW.ended_at, last_active_at) WHERE id = NEW.session_id;
END;
CREATE TRIGGER IF NOT EXISTS agent_turns_closed AFTER UPDATE OF status ON agent_turns
WHEN NEW.status IN ('completed', 'failed', 'cancelled') BEGIN
  UPDATE agent_items SET item = json_set(item, '$.status', 'incomplete')
  WHERE turn_id = NEW.id AND json_extract(item, '$.status') = 'in_progress';
  DELETE FROM leases WHERE id = NEW.id;
END;
"""
    + leases.lost_trigger(
        "agent_turns",
        f"""
  UPDATE agent_turns SET ended_at = NEW.lost_at, status = 'failed', error = '{_LOST}'
  WHERE id = NEW.id AND status IN ('queued', 'in_progress');
""",
    )
    + pages.tombstone_trigger("agent_sessions")
    + pages.tombstone_trigger("agent_turns")
    + pages.tombstone_trigger("agent_items")
)


def require_session(connection: Connection, session_id: str, *, param: str | None = None) -> Row:
    """The row of a session, or the API's 404."""
    return require(connection, "agent_sessions", "session", session_id, param=param)


def require_turn(connection: Connection, session_id: str, turn_id: str) -> Row:
    """The row of a session's turn, or the API's 404."""
    require_session(connection, session_id)
    row: Row | None = connection.execute(
        "SELECT * FROM agent_turns WHERE id = ? AND session_id = ?", (turn_id, session_id)
    ).fetchone()
    if row is None:
        raise refusals.absent("turn", turn_id)
    return row


def find_turn(connection: Connection, turn_id: str) -> Row | None:
    """The row of a turn, whatever its session."""
    row: Row | None = connection.execute(
        "SELECT * FROM agent_turns WHERE id = ?", (turn_id,)
    ).fetchone()
    return row


def active_turn(connection: Connection, session_id: str) -> Row | None:
    """The turn that the session is busy with, if it is."""
    row: Row | None = connection.execute(
        f"SELECT * FROM agent_turns WHERE session_id = ? AND {ACTIVE_SQL}", (session_id,)
    ).fetchone()
    return row


def move(connection: Connection, turn_id: str, status: str, *, of: Any, **columns: Any) -> Row:
    """Give a turn a new status; raises ``Gone`` unless it has one ``of`` those named."""
    return states.move(connection, "agent_turns", turn_id, of=of, status=status, **columns)


def add_item(
    connection: Connection, turn: Row, item: Json, now: int, output_index: int | None = None
) -> None:
    """Keep a new item of a turn. ``output_index`` counts what the agent itself gives."""
    connection.execute(
        "INSERT INTO agent_items (id, session_id, turn_id, created_at, output_index, item)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (item["id"], turn["session_id"], turn["id"], now, output_index, _text(item)),
    )


def change_item(connection: Connection, item: Json) -> None:
    """Keep the new state of an item."""
    connection.execute("UPDATE agent_items SET item = ? WHERE id = ?", (_text(item), item["id"]))


def items_of(connection: Connection, session_id: str) -> list[Json]:
    """All items of a session in their order."""
    found = connection.execute(
        "SELECT item FROM agent_items WHERE session_id = ? ORDER BY created_at, seq", (session_id,)
    )
    return [json.loads(row["item"]) for row in found]


def calls_of(connection: Connection, turn_id: str) -> list[Row]:
    """The function calls of a turn that wait for their results."""
    return connection.execute(
        "SELECT * FROM agent_items WHERE turn_id = ?"
        " AND json_extract(item, '$.type') = 'function_call'"
        " AND json_extract(item, '$.status') = 'in_progress' ORDER BY created_at, seq",
        (turn_id,),
    ).fetchall()


def outputs_of(connection: Connection, turn_id: str) -> int:
    """How many items the agent has given in a turn."""
    count: int = connection.execute(
        "SELECT count(output_index) FROM agent_items WHERE turn_id = ?", (turn_id,)
    ).fetchone()[0]
    return count


def _text(item: Json) -> str:
    return json.dumps(item, ensure_ascii=False)


def kept_usage(usage: Usage) -> str:
    """Token counts for the database."""
    return json.dumps(asdict(usage))


def spent(text: str | None) -> Usage:
    """Token counts from the database."""
    return Usage(**json.loads(text)) if text else Usage()
