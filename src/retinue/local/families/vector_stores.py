"""/vector_stores: create, list, read, change, delete.

A store's status and counts follow from its files. Its expiry is counted from its last use; an
expired store stays, without files, and takes none. ``description`` is kept and never read back,
as on OpenAI. Deleting a store leaves its files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from retinue.local import attachments, checks, pages, refusals, shapes
from retinue.local.attachments import Attachment
from retinue.local.calls import Call, Json
from retinue.local.database import Connection, Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.platform import Deadline

_DAY = 86_400
_MOST_FILES = 500

SCHEMA = """
CREATE TABLE IF NOT EXISTS vector_stores (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  metadata TEXT NOT NULL,
  expires_days INTEGER,
  last_active_at INTEGER NOT NULL,
  expires_at INTEGER,
  expired INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS vector_stores_order ON vector_stores (created_at);
CREATE INDEX IF NOT EXISTS vector_stores_expiry ON vector_stores (expires_at)
  WHERE expires_at IS NOT NULL AND NOT expired;
""" + pages.tombstone_trigger("vector_stores")

_EXPIRY = Deadline(
    due="SELECT 1 FROM vector_stores WHERE expires_at <= :now AND NOT expired LIMIT 1",
    act="UPDATE vector_stores SET expired = 1 WHERE expires_at <= :now AND NOT expired",
)

_NAME = checks.nullable(checks.text(), default="")
_CREATE = checks.record(
    name=_NAME,
    description=checks.nullable(checks.text()),
    file_ids=checks.nullable(checks.items(shapes.ID, most=_MOST_FILES), default=[]),
    expires_after=checks.nullable(shapes.STORE_EXPIRY),
    chunking_strategy=checks.nullable(shapes.chunking, default=shapes.AUTO_CHUNKS),
    metadata=shapes.METADATA,
)
_UPDATE = checks.record(
    name=_NAME, expires_after=checks.nullable(shapes.STORE_EXPIRY), metadata=shapes.METADATA
)


def require_store(connection: Connection, store_id: str, *, param: str | None = None) -> Row:
    """The row of a store, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM vector_stores WHERE id = ?", (store_id,)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"No vector store found with id '{store_id}'.", param=param)
    return row


def require_open_store(connection: Connection, store_id: str) -> Row:
    """The row of a store that can take files."""
    row = require_store(connection, store_id)
    if row["expired"]:
        raise refusals.invalid("vector_store_id", f"vector store '{store_id}' has expired.")
    return row


def touch(connection: Connection, store_id: str, now: int) -> None:
    """The store was used: its expiry is counted from here. An expired store stays expired."""
    connection.execute(
        "UPDATE vector_stores SET last_active_at = :now, expires_at = :now + expires_days * :day"
        " WHERE id = :id AND NOT expired",
        {"now": now, "day": _DAY, "id": store_id},
    )


def create_store(connection: Connection, call: Call, fields: Json, *, param: str) -> str:
    """Make a store from checked ``fields`` and attach its files; gives the new ID."""
    store_id = new_id("vs_")
    expiry = fields.get("expires_after")
    connection.execute(
        "INSERT INTO vector_stores (id, created_at, name, description, metadata, expires_days,"
        " last_active_at) VALUES (:id, :now, :name, :description, :metadata, :days, :now)",
        {
            "id": store_id,
            "now": call.now,
            "name": fields.get("name", ""),
            "description": fields.get("description"),
            "metadata": json.dumps(fields.get("metadata", {})),
            "days": expiry["days"] if expiry else None,
        },
    )
    touch(connection, store_id, call.now)
    chunks = fields.get("chunking_strategy", shapes.AUTO_CHUNKS)
    wanted = [Attachment(file_id, chunks=chunks) for file_id in fields.get("file_ids", [])]
    attachments.attach(connection, call, store_id, wanted, param=param)
    return store_id


def answer(connection: Connection, call: Call, rows: Sequence[Row]) -> list[Json]:
    """Stores as JSON; the counts of all of them come from one query."""
    ids = [row["id"] for row in rows]
    counted = attachments.counts(connection, "store_id", ids, call.moment)
    return [_answer(row, *counted[row["id"]]) for row in rows]


def _answer(row: Row, file_counts: dict[str, Any], usage: int) -> Json:
    status = "in_progress" if file_counts["in_progress"] else "completed"
    days = row["expires_days"]
    # ``expires_after`` is documented as an object that may be absent, not as null.
    policy = {} if days is None else {"expires_after": {"anchor": "last_active_at", "days": days}}
    return {
        "id": row["id"],
        "object": "vector_store",
        "created_at": row["created_at"],
        "name": row["name"],
        "usage_bytes": usage,
        "file_counts": file_counts,
        "status": "expired" if row["expired"] else status,
        **policy,
        "expires_at": row["expires_at"],
        "last_active_at": row["last_active_at"],
        "metadata": json.loads(row["metadata"]),
    }


def _one(connection: Connection, call: Call, store_id: str) -> Json:
    return answer(connection, call, [require_store(connection, store_id)])[0]


def _create(call: Call) -> Json:
    fields = _CREATE(call.body, "")
    with call.platform.write() as connection:
        return _one(connection, call, create_store(connection, call, fields, param="file_ids"))


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    with call.platform.read() as connection:
        rows, has_more = pages.fetch(connection, pages.Listing("vector_stores"), window)
        return pages.listed(answer(connection, call, rows), has_more=has_more)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _one(connection, call, call.path["vector_store_id"])


def _update(call: Call) -> Json:
    fields = _UPDATE(call.body, "")
    store_id = call.path["vector_store_id"]
    with call.platform.write() as connection:
        row = require_store(connection, store_id)
        if row["expired"] and "expires_after" in fields:
            raise refusals.invalid("expires_after", f"vector store '{store_id}' has expired.")
        policy = fields.get("expires_after", {"days": row["expires_days"]})
        connection.execute(
            "UPDATE vector_stores SET name = ?, metadata = ?, expires_days = ? WHERE id = ?",
            (
                fields.get("name", row["name"]),
                json.dumps(fields["metadata"]) if "metadata" in fields else row["metadata"],
                policy["days"] if policy else None,
                store_id,
            ),
        )
        touch(connection, store_id, call.now)
        return _one(connection, call, store_id)


def _delete(call: Call) -> Json:
    store_id = call.path["vector_store_id"]
    with call.platform.write() as connection:
        require_store(connection, store_id)
        connection.execute("DELETE FROM vector_stores WHERE id = ?", (store_id,))
    return {"id": store_id, "object": "vector_store.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    deadlines=(_EXPIRY,),
    routes=(
        post("/vector_stores", _create),
        get("/vector_stores", _list),
        get("/vector_stores/{vector_store_id}", _retrieve),
        post("/vector_stores/{vector_store_id}", _update),
        delete("/vector_stores/{vector_store_id}", _delete),
    ),
)
