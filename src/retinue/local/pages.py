"""Cursor pages: the one way in which every list of the platform is read.

Order is (created_at, insertion sequence), so that objects of the same second keep their place; or
the sequence alone, for what is numbered.
A cursor is an object's ID. It still works after the object is deleted, because deletions leave a
tombstone for a day: a clean-up script that deletes while it pages must not lose its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retinue.local import checks, refusals, shapes
from retinue.local.database import Connection, Database, Row

_TOMBSTONE_SECONDS = 86_400
_ORDER = checks.choice("asc", "desc")

SCHEMA = """
CREATE TABLE IF NOT EXISTS tombstones (
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
  PRIMARY KEY (scope, id)
) WITHOUT ROWID;
"""


def tombstone_trigger(table: str) -> str:
    """Schema text: every row deleted from ``table`` leaves its place behind."""
    return f"""
CREATE TRIGGER IF NOT EXISTS {table}_tombstone AFTER DELETE ON {table} BEGIN
  INSERT OR REPLACE INTO tombstones (scope, id, created_at, seq)
  VALUES ('{table}', OLD.id, OLD.created_at, OLD.seq);
END;
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list a client asks for."""

    limit: int
    ascending: bool
    after: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: the rows of ``table`` that meet ``where``, known to clients by ``key``.

    ``scope`` names the tombstones, ``cursor_where`` is the condition that a cursor's object has
    to meet; it leaves filters out, so that a cursor may point at an object the filter hides.
    ``order`` is a choice of (created_at, seq).
    """

    table: str
    where: str = "1"
    values: Mapping[str, Any] = field(default_factory=dict)
    key: str = "id"
    scope: str = ""
    cursor_where: str = "1"
    order: Sequence[str] = ("created_at", "seq")


def window(
    query: Mapping[str, str], *, least: int = 1, most: int = 100, default: int = 20
) -> Window:
    """Read ``limit``, ``order``, ``after`` and ``before``; refuse nonsense as OpenAI does."""
    order = _ORDER(query.get("order", "desc"), "order")
    return Window(
        limit=_limit(query.get("limit"), least, most, default),
        ascending=order == "asc",
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


def with_metadata(query: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The condition, and its values, on a column ``metadata`` that the query's
    ``metadata[key]=value`` make: all of them must match exactly."""
    pairs = {
        key.removeprefix("metadata[").removesuffix("]"): value
        for key, value in query.items()
        if key.startswith("metadata[") and key.endswith("]")
    }
    shapes.METADATA(pairs, "metadata")
    conditions: list[str] = ["1"]
    values: dict[str, Any] = {}
    for number, (key, value) in enumerate(pairs.items()):
        conditions.append(
            "EXISTS (SELECT 1 FROM json_each(metadata) AS pair"
            f" WHERE pair.key = :key_{number} AND pair.value = :value_{number})"
        )
        values |= {f"key_{number}": key, f"value_{number}": value}
    return " AND ".join(conditions), values


def _limit(given: str | None, least: int, most: int, default: int) -> int:
    if given is None:
        return default
    try:
        number = int(given)
    except ValueError:
        raise refusals.wrong_type("limit", "an integer", given) from None
    limit: int = checks.integer(least=least, most=most)(number, "limit")
    return limit


def page(
    connection: Connection, listing: Listing, window: Window, answer: Callable[[Row], Any]
) -> dict[str, Any]:
    """The list object for ``window``, each row turned into JSON by ``answer``."""
    rows, has_more = fetch(connection, listing, window)
    return listed([answer(row) for row in rows], has_more=has_more)


def listed(data: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """The list object around ``data``. IDs of an empty page are "": documented as strings."""
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": has_more,
    }


def fetch(connection: Connection, listing: Listing, window: Window) -> tuple[list[Row], bool]:
    """The rows of a window in its order, and whether the list goes on in its direction."""
    # With ``before`` alone the page nearest to the cursor is wanted: read backwards, turn round.
    backwards = window.before is not None and window.after is None
    forward, backward = (">", "<") if window.ascending else ("<", ">")
    conditions, values = [f"({listing.where})"], dict(listing.values)
    for name, cursor, sign in (
        ("after", window.after, forward),
        ("before", window.before, backward),
    ):
        if cursor is not None:
            place = _place(connection, listing, name, cursor)
            bounds = ", ".join(f":{name}_{column}" for column in listing.order)
            conditions.append(f"({', '.join(listing.order)}) {sign} ({bounds})")
            values |= {f"{name}_{column}": place[column] for column in listing.order}
    direction = "ASC" if window.ascending != backwards else "DESC"
    order = ", ".join(f"{column} {direction}" for column in listing.order)
    rows = connection.execute(
        f"SELECT * FROM {listing.table} WHERE {' AND '.join(conditions)} "
        f"ORDER BY {order} LIMIT :page_limit",
        values | {"page_limit": window.limit + 1},
    ).fetchall()
    kept = rows[: window.limit]
    return (kept[::-1] if backwards else kept), len(rows) > window.limit


def _place(connection: Connection, listing: Listing, name: str, cursor: str) -> Row:
    values = dict(listing.values) | {"cursor": cursor, "scope": listing.scope or listing.table}
    row: Row | None = connection.execute(
        f"SELECT created_at, seq FROM {listing.table} "
        f"WHERE {listing.key} = :cursor AND ({listing.cursor_where})",
        values,
    ).fetchone()
    if row is None:
        row = connection.execute(
            "SELECT created_at, seq FROM tombstones WHERE scope = :scope AND id = :cursor", values
        ).fetchone()
    if row is None:
        raise refusals.invalid(name, f"no object with id '{cursor}' in this list.")
    return row


def forget_tombstones(database: Database, *, now: int) -> None:
    """Remove places of objects that were deleted more than a day ago."""
    with database.write() as connection:
        connection.execute(
            "DELETE FROM tombstones WHERE deleted_at < ?", (now - _TOMBSTONE_SECONDS,)
        )
