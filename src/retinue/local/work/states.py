"""Changes of status of what is worked on: of runs, responses and turns.

A change names the statuses that it may start from, so that what was cancelled, has expired, was
deleted or lost to another process is never brought back by a task that didn't notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retinue.local.database import Connection, Row


class Gone(Exception):
    """What is worked on was ended by somebody else: cancelled, expired, lost or deleted."""


def move(
    connection: Connection, table: str, work_id: str, *, of: Sequence[str], **columns: Any
) -> Row:
    """Change columns of a row, its status among them; raises ``Gone`` unless its status is one
    ``of`` those named."""
    settings = ", ".join(f"{name} = :{name}" for name in columns)
    allowed = ", ".join(f"'{each}'" for each in of)
    row: Row | None = connection.execute(
        f"UPDATE {table} SET {settings} WHERE id = :id AND status IN ({allowed}) RETURNING *",
        {**columns, "id": work_id},
    ).fetchone()
    if row is None:
        raise Gone(work_id)
    return row


def hold(connection: Connection, table: str, work_id: str, owner: str) -> None:
    """Make sure, before a write, that the work goes on and is ``owner``'s still."""
    held = connection.execute(
        f"SELECT 1 FROM {table} AS work JOIN leases ON leases.id = work.id"
        " WHERE work.id = ? AND work.status = 'in_progress' AND leases.owner = ?",
        (work_id, owner),
    ).fetchone()
    if held is None:
        raise Gone(work_id)
