"""Sessions as their readers see them: rows with their open calls and what their turns used."""

from __future__ import annotations

import json
from collections.abc import Sequence

from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.sessions import answers, rows
from retinue.local.turns.items import Usage


def sessions(connection: Connection, found: Sequence[Row]) -> list[Json]:
    """Sessions as JSON."""
    used = _used(connection, [row["id"] for row in found])
    return [
        answers.session(row, calls=_waiting(connection, row), usage=used.get(row["id"]))
        for row in found
    ]


def session(connection: Connection, session_id: str) -> Json:
    """One session as JSON, as it is now."""
    return sessions(connection, [rows.require_session(connection, session_id)])[0]


def _waiting(connection: Connection, row: Row) -> list[Row]:
    turn = rows.active_turn(connection, row["id"]) if row["status"] == "requires_action" else None
    return rows.calls_of(connection, turn["id"]) if turn else []


def _used(connection: Connection, session_ids: Sequence[str]) -> dict[str, Usage]:
    """What the turns of each session used, where any is known."""
    used: dict[str, Usage] = {}
    for turn in connection.execute(
        "SELECT session_id, usage FROM agent_turns WHERE usage IS NOT NULL"
        " AND session_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(session_ids)),),
    ):
        owner = turn["session_id"]
        used[owner] = used.get(owner, Usage()) + rows.spent(turn["usage"])
    return used
