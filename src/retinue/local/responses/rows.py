"""The tables of responses and conversations, and the changes of a response's status.

As with runs, a change names the statuses that it may start from, so that a response which was
cancelled, deleted or lost to another process is never brought back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from retinue.local import pages, refusals
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.work import leases, states

WORKING = ("queued", "in_progress")
_MOST_CHAIN = 2000
_LOST = json.dumps(
    {
        "code": "server_error",
        "message": "The server that made this response stopped before it was done.",
    }
)

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS conversations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  metadata TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS conversation_items (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  item TEXT NOT NULL,
  UNIQUE (conversation_id, id)
);
CREATE INDEX IF NOT EXISTS conversation_items_order
  ON conversation_items (conversation_id, created_at);
CREATE TABLE IF NOT EXISTS responses (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  ended_at INTEGER,
  previous_id TEXT,
  conversation_id TEXT,
  stored INTEGER NOT NULL,
  fields TEXT NOT NULL,
  output TEXT NOT NULL DEFAULT '[]',
  error TEXT,
  incomplete_reason TEXT,
  usage TEXT
);
CREATE TABLE IF NOT EXISTS response_inputs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  response_id TEXT NOT NULL REFERENCES responses (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  item TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS response_inputs_order ON response_inputs (response_id, created_at);
"""
    + leases.lost_trigger(
        "responses",
        f"""
  UPDATE responses SET status = 'failed', ended_at = NEW.lost_at, error = '{_LOST}'
  WHERE id = NEW.id AND status IN ('queued', 'in_progress');
""",
    )
    + pages.tombstone_trigger("conversation_items")
)


def require_response(connection: Connection, response_id: str) -> Row:
    """The row of a stored response, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM responses WHERE id = ? AND stored", (response_id,)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"Response with id '{response_id}' not found.")
    return row


def require_conversation(connection: Connection, conversation_id: str) -> Row:
    """The row of a conversation, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"Conversation with id '{conversation_id}' not found.")
    return row


def insert_inputs(connection: Connection, response_id: str, made: Sequence[Json], now: int) -> None:
    """Keep the input items of a response."""
    connection.executemany(
        "INSERT INTO response_inputs (id, response_id, created_at, item) VALUES (?, ?, ?, ?)",
        [(each["id"], response_id, now, json.dumps(each, ensure_ascii=False)) for each in made],
    )


def append_items(
    connection: Connection, conversation_id: str, made: Sequence[Json], now: int
) -> None:
    """Add items to the end of a conversation."""
    connection.executemany(
        "INSERT OR REPLACE INTO conversation_items (id, conversation_id, created_at, item)"
        " VALUES (?, ?, ?, ?)",
        [(each["id"], conversation_id, now, json.dumps(each, ensure_ascii=False)) for each in made],
    )


def conversation_items(connection: Connection, conversation_id: str) -> list[Json]:
    """All items of a conversation in their order."""
    rows = connection.execute(
        "SELECT item FROM conversation_items WHERE conversation_id = ? ORDER BY created_at, seq",
        (conversation_id,),
    )
    return [json.loads(row["item"]) for row in rows]


def inputs(connection: Connection, response_id: str) -> list[Json]:
    """The input items of a response in their order."""
    rows = connection.execute(
        "SELECT item FROM response_inputs WHERE response_id = ? ORDER BY created_at, seq",
        (response_id,),
    )
    return [json.loads(row["item"]) for row in rows]


def before(connection: Connection, response_id: str | None) -> list[Json]:
    """The items of a response and of all it followed, the oldest first.

    Raises what OpenAI answers when the response, or one that it followed, isn't there.
    """
    chain: list[list[Json]] = []
    while response_id and len(chain) < _MOST_CHAIN:
        row = connection.execute(
            "SELECT id, previous_id, output FROM responses WHERE id = ? AND stored", (response_id,)
        ).fetchone()
        if row is None:
            raise refusals.Refusal(
                f"Previous response with id '{response_id}' not found.",
                code="previous_response_not_found",
                param="previous_response_id",
            )
        chain.append([*inputs(connection, row["id"]), *json.loads(row["output"])])
        response_id = row["previous_id"]
    return [item for each in reversed(chain) for item in each]


def change(connection: Connection, response_id: str, **columns: Any) -> Row:
    """Change a response that is being worked on; raises ``Gone`` where that is over."""
    return states.move(connection, "responses", response_id, of=WORKING, **columns)
