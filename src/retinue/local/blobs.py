"""File contents, kept in the database as rows of at most 1 MiB.

Small rows keep memory flat and write transactions short, so that a 500 MB upload never holds
others up. A blob counts from the moment its owner says ``kept``; an upload that died is collected
an hour later, a deleted file's blob at once. Nothing here knows what a file is.
"""

from __future__ import annotations

from collections.abc import Iterator

from retinue.local.database import Connection, Database

CHUNK_BYTES = 1024 * 1024
_CHUNKS_PER_SWEEP = 16
_ABANDONED_SECONDS = 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS blobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kept INTEGER NOT NULL DEFAULT 0,
  touched_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS blobs_loose ON blobs (touched_at) WHERE kept = 0;
CREATE TABLE IF NOT EXISTS blob_chunks (
  blob_id INTEGER NOT NULL REFERENCES blobs (id),
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (blob_id, position)
);
"""


class BlobWriter:
    """Writes one blob, chunk by chunk; every full chunk is one short transaction."""

    def __init__(self, database: Database, *, now: int) -> None:
        self._database = database
        self._now = now
        self._buffer = bytearray()
        self._position = 0
        self._blob_id: int | None = None

    def full_after(self, data: bytes) -> bool:
        """Take ``data`` into memory; say whether ``flush`` should be called before more."""
        self._buffer += data
        return len(self._buffer) >= CHUNK_BYTES

    def flush(self) -> None:
        """Store what is in memory, in rows of at most ``CHUNK_BYTES``."""
        while self._buffer:
            chunk = bytes(self._buffer[:CHUNK_BYTES])
            del self._buffer[:CHUNK_BYTES]
            with self._database.write() as connection:
                self._store(connection, chunk)

    def keep(self, connection: Connection) -> int:
        """Make the blob permanent within the caller's transaction; gives its number."""
        if self._blob_id is None:
            self._blob_id = self._begin(connection)
        connection.execute("UPDATE blobs SET kept = 1 WHERE id = ?", (self._blob_id,))
        return self._blob_id

    def abandon(self) -> None:
        """Forget the upload: what was stored is collected next time."""
        if self._blob_id is not None:
            with self._database.write() as connection:
                connection.execute("UPDATE blobs SET touched_at = 0 WHERE id = ?", (self._blob_id,))

    def _store(self, connection: Connection, chunk: bytes) -> None:
        if self._blob_id is None:
            self._blob_id = self._begin(connection)
        connection.execute(
            "INSERT INTO blob_chunks (blob_id, position, data) VALUES (?, ?, ?)",
            (self._blob_id, self._position, chunk),
        )
        self._position += 1

    def _begin(self, connection: Connection) -> int:
        cursor = connection.execute("INSERT INTO blobs (touched_at) VALUES (?)", (self._now,))
        number = cursor.lastrowid
        assert number is not None  # an INSERT always sets it
        return number


def read_blob(database: Database, blob_id: int) -> Iterator[bytes]:
    """The chunks of a blob in order, each read on its own so that no reader lingers."""
    position = 0
    while True:
        with database.read() as connection:
            row = connection.execute(
                "SELECT data FROM blob_chunks WHERE blob_id = ? AND position = ?",
                (blob_id, position),
            ).fetchone()
        if row is None:
            return
        yield row["data"]
        position += 1


def collect(database: Database, *, now: int) -> None:
    """Remove blobs that nobody keeps, a few chunks per transaction."""
    while (blob_id := _next_loose(database, now)) is not None:
        while _remove_some(database, blob_id):
            pass


def _next_loose(database: Database, now: int) -> int | None:
    with database.read() as connection:
        row = connection.execute(
            "SELECT id FROM blobs WHERE kept = 0 AND touched_at < ? LIMIT 1",
            (now - _ABANDONED_SECONDS,),
        ).fetchone()
    return None if row is None else int(row["id"])


def _remove_some(database: Database, blob_id: int) -> bool:
    with database.write() as connection:
        removed = connection.execute(
            "DELETE FROM blob_chunks WHERE rowid IN "
            "(SELECT rowid FROM blob_chunks WHERE blob_id = ? LIMIT ?)",
            (blob_id, _CHUNKS_PER_SWEEP),
        ).rowcount
        if removed < _CHUNKS_PER_SWEEP:
            connection.execute("DELETE FROM blobs WHERE id = ?", (blob_id,))
    return removed == _CHUNKS_PER_SWEEP
