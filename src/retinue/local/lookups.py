"""Finds an object of the Agents API by its ID, or answers as the API does where there is none."""

from __future__ import annotations

from retinue.local import refusals
from retinue.local.database import Connection, Row


def require(
    connection: Connection, table: str, noun: str, object_id: str, *, param: str | None = None
) -> Row:
    """The row of ``table`` with this ID, or the API's 404; ``noun`` is the object's name."""
    row: Row | None = connection.execute(
        f"SELECT * FROM {table} WHERE id = ?", (object_id,)
    ).fetchone()
    if row is None:
        raise refusals.absent(noun, object_id, param=param)
    return row
