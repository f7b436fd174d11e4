"""Files attached to vector stores: the rows, their indexing in time, and the counts of a store.

An attachment is in progress until ``ready_at`` and finished afterwards. That is a matter of the
clock where the upload has shown already that the file can't be indexed; otherwise ``search.schema``
puts it off for ever and the indexer calls it back. Shared by the families of vector stores, their
files and their batches.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from retinue.local import pages, refusals, shapes
from retinue.local.calls import Call, Json
from retinue.local.contents import FAULTS
from retinue.local.database import Connection, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS attachments (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  store_id TEXT NOT NULL REFERENCES vector_stores (id) ON DELETE CASCADE,
  file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  batch_id TEXT,
  created_at INTEGER NOT NULL,
  ready_at REAL NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0,
  fault TEXT,
  bytes INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  chunk_tokens INTEGER NOT NULL,
  chunk_overlap INTEGER NOT NULL,
  UNIQUE (store_id, file_id)
);
CREATE INDEX IF NOT EXISTS attachments_order ON attachments (store_id, created_at);
CREATE INDEX IF NOT EXISTS attachments_file ON attachments (file_id);
CREATE INDEX IF NOT EXISTS attachments_batch ON attachments (batch_id, created_at);
CREATE TRIGGER IF NOT EXISTS attachments_tombstone AFTER DELETE ON attachments
WHEN EXISTS (SELECT 1 FROM vector_stores WHERE id = OLD.store_id) BEGIN
  INSERT OR REPLACE INTO tombstones (scope, id, created_at, seq)
  VALUES (OLD.store_id, OLD.file_id, OLD.created_at, OLD.seq);
END;
"""

CONDITIONS = {
    "in_progress": "NOT cancelled AND ready_at > :moment",
    "completed": "NOT cancelled AND ready_at <= :moment AND fault IS NULL",
    "failed": "NOT cancelled AND ready_at <= :moment AND fault IS NOT NULL",
    "cancelled": "cancelled",
}
"""Each status as SQL over a row of ``attachments`` at ``:moment``; exactly one holds."""

_COUNTS = ", ".join(f"sum({where}) AS {name}" for name, where in CONDITIONS.items())


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that is to be attached, and how."""

    file_id: str
    attributes: Json = field(default_factory=dict)
    chunks: tuple[int, int] = shapes.AUTO_CHUNKS


def attach(
    connection: Connection,
    call: Call,
    store_id: str,
    wanted: Iterable[Attachment],
    *,
    param: str,
    batch_id: str | None = None,
) -> None:
    """Attach files to a store; one that is attached already is indexed anew.

    Raises the 404 that OpenAI answers when a file doesn't exist, naming every such file.
    """
    by_file = {each.file_id: each for each in wanted}
    files = _files(connection, list(by_file), param)
    connection.execute(
        "DELETE FROM attachments"
        " WHERE store_id = ? AND file_id IN (SELECT value FROM json_each(?))",
        (store_id, json.dumps(list(by_file))),
    )
    ready_at = call.moment + call.platform.limits.indexing_seconds
    connection.executemany(
        "INSERT INTO attachments (store_id, file_id, batch_id, created_at, ready_at, fault, bytes,"
        " attributes, chunk_tokens, chunk_overlap) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(store_id, each.file_id, batch_id, call.now, ready_at),
                *(files[each.file_id]["fault"], files[each.file_id]["bytes"]),
                *(json.dumps(each.attributes), *each.chunks),
            )
            for each in by_file.values()
        ],
    )


def _files(connection: Connection, file_ids: Sequence[str], param: str) -> dict[str, Row]:
    rows = connection.execute(
        "SELECT id, bytes, fault FROM files WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(file_ids),),
    )
    found = {row["id"]: row for row in rows}
    lost = [file_id for file_id in file_ids if file_id not in found]
    if lost:
        raise refusals.not_found(f"Files [{', '.join(lost)}] were not found", param=param)
    return found


def require_attachment(connection: Connection, store_id: str, file_id: str) -> Row:
    """The row of one attachment, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM attachments WHERE store_id = ? AND file_id = ?", (store_id, file_id)
    ).fetchone()
    if row is None:
        raise refusals.not_found(
            f"No file found with id '{file_id}' in vector store '{store_id}'.", param="file_id"
        )
    return row


def status_of(row: Row, moment: float) -> str:
    """The status of one attachment; says the same as ``CONDITIONS``."""
    if row["cancelled"]:
        return "cancelled"
    if row["ready_at"] > moment:
        return "in_progress"
    return "failed" if row["fault"] else "completed"


def answer(row: Row, moment: float) -> Json:
    """One attachment as the vector store file object."""
    status = status_of(row, moment)
    code, message = FAULTS[row["fault"]] if status == "failed" else (None, None)
    return {
        "id": row["file_id"],
        "object": "vector_store.file",
        "usage_bytes": row["bytes"] if status == "completed" else 0,
        "created_at": row["created_at"],
        "vector_store_id": row["store_id"],
        "status": status,
        "last_error": {"code": code, "message": message} if code else None,
        "chunking_strategy": shapes.chunking_answer(row["chunk_tokens"], row["chunk_overlap"]),
        "attributes": json.loads(row["attributes"]),
    }


def page(
    connection: Connection, call: Call, store_id: str, *, batch_id: str | None = None
) -> dict[str, Any]:
    """The list of a store's files, or of one batch's, filtered by the query's ``filter``."""
    window = pages.window(call.query)
    status = call.query.get("filter")
    if status is not None and status not in CONDITIONS:
        raise refusals.not_one_of("filter", status, tuple(CONDITIONS))
    scope = "store_id = :store" if batch_id is None else "store_id = :store AND batch_id = :batch"
    listing = pages.Listing(
        "attachments",
        where=f"{scope} AND {CONDITIONS[status]}" if status else scope,
        values={"store": store_id, "batch": batch_id, "moment": call.moment},
        key="file_id",
        scope=store_id,
        cursor_where="store_id = :store",
    )
    return pages.page(connection, listing, window, lambda row: answer(row, call.moment))


def counts(
    connection: Connection, column: str, ids: Sequence[str], moment: float
) -> dict[str, tuple[Json, int]]:
    """For each of ``ids`` in ``column`` (store_id or batch_id): file counts and usage in bytes."""
    rows = connection.execute(
        f"SELECT {column} AS owner, {_COUNTS}, count(*) AS total,"
        f" sum(iif({CONDITIONS['completed']}, bytes, 0)) AS usage FROM attachments"
        f" WHERE {column} IN (SELECT value FROM json_each(:ids)) GROUP BY {column}",
        {"ids": json.dumps(ids), "moment": moment},
    )
    names = (*CONDITIONS, "total")
    found = {row["owner"]: ({name: row[name] for name in names}, row["usage"]) for row in rows}
    return {each: found.get(each, (dict.fromkeys(names, 0), 0)) for each in ids}
