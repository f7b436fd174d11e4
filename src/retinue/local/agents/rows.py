"""The table of saved agents: found by their ID, and read."""

from __future__ import annotations

import json

from retinue.local import pages, refusals
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.lookups import require

SCHEMA = """
CREATE TABLE IF NOT EXISTS agents (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  model TEXT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agents_order ON agents (created_at);
CREATE INDEX IF NOT EXISTS agents_model ON agents (model, created_at);
""" + pages.tombstone_trigger("agents")


def require_agent(connection: Connection, agent_id: str, *, param: str | None = None) -> Row:
    """The row of a saved agent. Raises the API's 404, or its 400 for the agent that a session has
    of its own."""
    local = "SELECT 1 FROM agent_sessions WHERE agent_id = ? AND agent_is_local"
    if connection.execute(local, (agent_id,)).fetchone():
        raise refusals.Refusal(
            f"The agent '{agent_id}' belongs to a session; it is not saved.",
            code="agent_not_persisted",
            param=param,
        )
    return require(connection, "agents", "agent", agent_id, param=param)


def configuration(row: Row) -> Json:
    """The resolved configuration of a saved agent, with its name, its model and its metadata."""
    fields: Json = json.loads(row["fields"])
    return {"model": row["model"], **fields}
