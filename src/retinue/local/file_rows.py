"""The table of files: found, described, and made, by uploads and by code that writes files.

A file never changes. Deleting one removes it from every vector store and from every assistant's
code interpreter; the tables that refer to ``files`` see to that themselves, with ON DELETE CASCADE.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from retinue.local import pages, refusals
from retinue.local.blobs import BlobWriter
from retinue.local.calls import Json
from retinue.local.contents import Inspector
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.platform import Deadline, Platform

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  filename TEXT NOT NULL,
  purpose TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  expires_at INTEGER,
  encoding TEXT,
  fault TEXT,
  blob_id INTEGER NOT NULL REFERENCES blobs (id)
);
CREATE INDEX IF NOT EXISTS files_order ON files (created_at);
CREATE INDEX IF NOT EXISTS files_purpose ON files (purpose, created_at);
CREATE INDEX IF NOT EXISTS files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS files_blob AFTER DELETE ON files BEGIN
  UPDATE blobs SET kept = 0, touched_at = 0 WHERE id = OLD.blob_id;
END;
""" + pages.tombstone_trigger("files")

EXPIRY = Deadline(
    due="SELECT 1 FROM files WHERE expires_at <= :now LIMIT 1",
    act="DELETE FROM files WHERE expires_at <= :now",
)


def require_file(connection: Connection, file_id: str) -> Row:
    """The row of a file, or OpenAI's 404."""
    row: Row | None = connection.execute("SELECT * FROM files WHERE id = ?", (file_id,)).fetchone()
    if row is None:
        raise refusals.not_found(f"No such File object: {file_id}", param="id")
    return row


def describe(row: Row) -> Json:
    """A file as JSON."""
    # ``expires_at`` is documented as an integer that may be absent, not as null.
    expiry = {} if row["expires_at"] is None else {"expires_at": row["expires_at"]}
    return {
        "object": "file",
        "id": row["id"],
        "purpose": row["purpose"],
        "filename": row["filename"],
        "bytes": row["bytes"],
        "created_at": row["created_at"],
        "status": "processed",
        **expiry,
    }


def insert(connection: Connection, values: dict[str, Any]) -> Json:
    """Keep a new file; ``values`` are its columns."""
    connection.execute(
        "INSERT INTO files (id, created_at, filename, purpose, bytes, expires_at, encoding, fault,"
        " blob_id) VALUES (:id, :created_at, :filename, :purpose, :bytes, :expires_at, :encoding,"
        " :fault, :blob_id)",
        values,
    )
    return describe(require_file(connection, values["id"]))


def keep_output(platform: Platform, filename: str, chunks: Iterable[bytes]) -> str:
    """Keep what code wrote as a file of purpose "assistants_output"; gives its ID.

    The caller bounds its size.
    """
    now = int(platform.clock())
    writer, inspector = BlobWriter(platform.database, now=now), Inspector(filename)
    for chunk in chunks:
        inspector.feed(chunk)
        writer.write(chunk)
    writer.flush()
    encoding, fault = inspector.verdict()
    values = {
        "id": new_id("file-"),
        "created_at": now,
        "filename": filename,
        "purpose": "assistants_output",
        "bytes": inspector.size,
        "expires_at": None,
        "encoding": encoding,
        "fault": fault,
    }
    with platform.write() as connection:
        kept: str = insert(connection, values | {"blob_id": writer.keep(connection)})["id"]
        return kept
