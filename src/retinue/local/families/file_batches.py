"""/vector_stores/{id}/file_batches: attach many files in one request, watch them, cancel.

A batch is no more than a name on its attachments: its counts and status follow from them. A file
that is detached later, or attached again, leaves the batch.
"""

from __future__ import annotations

from retinue.local import attachments, checks, refusals, shapes
from retinue.local.attachments import CONDITIONS, Attachment
from retinue.local.calls import Call, Json
from retinue.local.database import Connection, Row
from retinue.local.families.vector_store_files import ATTACH, STRATEGY, attachment
from retinue.local.families.vector_stores import require_open_store, require_store, touch
from retinue.local.family import Family, get, post
from retinue.local.ids import new_id

_PATH = "/vector_stores/{vector_store_id}/file_batches"
_MOST_FILES = 2000

SCHEMA = """
CREATE TABLE IF NOT EXISTS file_batches (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  store_id TEXT NOT NULL REFERENCES vector_stores (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS file_batches_store ON file_batches (store_id);
"""

_CREATE = checks.record(
    file_ids=checks.items(shapes.ID, least=1, most=_MOST_FILES),
    files=checks.items(ATTACH, least=1, most=_MOST_FILES),
    attributes=shapes.ATTRIBUTES,
    chunking_strategy=STRATEGY,
)


def _wanted(fields: Json) -> tuple[str, list[Attachment]]:
    """The parameter that lists the files, and what to attach."""
    if "files" in fields and "file_ids" in fields:
        raise refusals.invalid("files", "'files' and 'file_ids' are mutually exclusive.")
    if "files" in fields:
        # As documented, the batch's own attributes and strategy don't reach these files.
        return "files", [attachment(each) for each in fields["files"]]
    if "file_ids" not in fields:
        raise refusals.missing("file_ids")
    return "file_ids", [attachment(fields | {"file_id": each}) for each in fields["file_ids"]]


def _require_batch(connection: Connection, call: Call) -> Row:
    store_id, batch_id = call.path["vector_store_id"], call.path["batch_id"]
    require_store(connection, store_id)
    row: Row | None = connection.execute(
        "SELECT * FROM file_batches WHERE id = ? AND store_id = ?", (batch_id, store_id)
    ).fetchone()
    if row is None:
        raise refusals.not_found(
            f"No vector store file batch found with id '{batch_id}' in vector store '{store_id}'."
        )
    return row


def _answer(connection: Connection, call: Call, row: Row) -> Json:
    counted, _ = attachments.counts(connection, "batch_id", [row["id"]], call.moment)[row["id"]]
    return {
        "id": row["id"],
        "object": "vector_store.files_batch",
        "created_at": row["created_at"],
        "vector_store_id": row["store_id"],
        "status": _status(row, counted),
        "file_counts": counted,
    }


def _status(row: Row, counted: Json) -> str:
    if row["cancelled"]:
        return "cancelled"
    if counted["in_progress"]:
        return "in_progress"
    return "failed" if counted["total"] and counted["failed"] == counted["total"] else "completed"


def _create(call: Call) -> Json:
    param, wanted = _wanted(_CREATE(call.body, ""))
    store_id, batch_id = call.path["vector_store_id"], new_id("vsfb_")
    with call.platform.write() as connection:
        require_open_store(connection, store_id)
        connection.execute(
            "INSERT INTO file_batches (id, store_id, created_at) VALUES (?, ?, ?)",
            (batch_id, store_id, call.now),
        )
        attachments.attach(connection, call, store_id, wanted, param=param, batch_id=batch_id)
        touch(connection, store_id, call.now)
        row = connection.execute("SELECT * FROM file_batches WHERE id = ?", (batch_id,)).fetchone()
        return _answer(connection, call, row)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _answer(connection, call, _require_batch(connection, call))


def _cancel(call: Call) -> Json:
    """Cancel what is still in progress; a batch that is done stays done."""
    with call.platform.write() as connection:
        batch_id = _require_batch(connection, call)["id"]
        stopped = connection.execute(
            "UPDATE attachments SET cancelled = 1"
            f" WHERE batch_id = :batch AND {CONDITIONS['in_progress']}",
            {"batch": batch_id, "moment": call.moment},
        ).rowcount
        if stopped:
            connection.execute("UPDATE file_batches SET cancelled = 1 WHERE id = ?", (batch_id,))
        return _answer(connection, call, _require_batch(connection, call))


def _files(call: Call) -> Json:
    with call.platform.read() as connection:
        batch = _require_batch(connection, call)
        return attachments.page(connection, call, batch["store_id"], batch_id=batch["id"])


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post(_PATH, _create),
        get(_PATH + "/{batch_id}", _retrieve),
        post(_PATH + "/{batch_id}/cancel", _cancel),
        get(_PATH + "/{batch_id}/files", _files),
    ),
)
