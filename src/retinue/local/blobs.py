"""File contents, kept in the database as rows of at most 1 MiB.

Small rows keep memory flat and write transactions short, so that a 500 MB upload never holds
others up. A blob counts from the moment its owner says ``kept``; an upload that died is collected
an hour later, a deleted file's blob at once. Nothing here knows what a file is.
"""

from __future__ import annotations

import errno
import io
import os
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import IO, TYPE_CHECKING

from retinue.local.database import Connection, Database

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

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
    """Writes one blob, chunk by chunk; every full chunk is one short transaction. ``size`` is how
    many bytes it was given."""

    def __init__(self, database: Database, *, now: int) -> None:
        self._database = database
        self._now = now
        self._buffer = bytearray()
        self._position = 0
        self._blob_id: int | None = None
        self.size = 0

    def full_after(self, data: bytes) -> bool:
        """Take ``data`` into memory; say whether ``flush`` should be called before more."""
        self._buffer += data
        self.size += len(data)
        return len(self._buffer) >= CHUNK_BYTES

    def write(self, data: bytes) -> int:
        """Take ``data``, and store what is full; for whoever may wait for the database."""
        if self.full_after(data):
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Store what is in memory, in rows of at most ``CHUNK_BYTES``."""
        while self._buffer:
            chunk = bytes(self._buffer[:CHUNK_BYTES])
            del self._buffer[:CHUNK_BYTES]
            with self._database.write() as connection:
                self._store(connection, chunk)

    def close(self) -> None:
        """Store all that is left, as a file does that is closed."""
        self.flush()

    def reader(self) -> IO[bytes]:
        """What was written so far, as a file that can be read from any place."""
        self.flush()
        return io.BufferedReader(_BlobFile(self._database, self._blob_id))

    def keep(self, connection: Connection) -> int:
        """Make the blob permanent within the caller's transaction; gives its number."""
        if self._blob_id is None:
            self._blob_id = self._begin(connection)
        connection.execute("UPDATE blobs SET kept = 1 WHERE id = ?", (self._blob_id,))
        return self._blob_id

    def abandon(self) -> None:
        """Forget the upload: what was stored, and nobody keeps, is collected next time."""
        if self._blob_id is not None:
            with self._database.write() as connection:
                connection.execute(
                    "UPDATE blobs SET touched_at = 0 WHERE id = ? AND kept = 0", (self._blob_id,)
                )

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


class _BlobFile(io.RawIOBase):
    """A blob as a file. One of its chunks is in memory at a time."""

    def __init__(self, database: Database, blob_id: int | None) -> None:
        self._database = database
        self._blob_id = blob_id
        with database.read() as connection:
            lengths = connection.execute(
                "SELECT length(data) FROM blob_chunks WHERE blob_id = ? ORDER BY position",
                (blob_id,),
            ).fetchall()
        self._starts = [0, *accumulate(length for (length,) in lengths)]
        self._at = 0
        self._loaded: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # as of any file
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._at >= self._starts[-1]:
            return 0
        position = bisect_right(self._starts, self._at) - 1
        offset = self._at - self._starts[position]
        view = memoryview(buffer)
        piece = self._chunk(position)[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _chunk(self, position: int) -> bytes:
        if self._loaded[0] != position:
            data = _chunk(self._database, self._blob_id, position)
            self._loaded = (position, data or b"")
        return self._loaded[1]


def _chunk(database: Database, blob_id: int | None, position: int) -> bytes | None:
    with database.read() as connection:
        row = connection.execute(
            "SELECT data FROM blob_chunks WHERE blob_id = ? AND position = ?", (blob_id, position)
        ).fetchone()
    return None if row is None else row["data"]


def read_blob(database: Database, blob_id: int) -> Iterator[bytes]:
    """The chunks of a blob in order, each read on its own so that no reader lingers."""
    position = 0
    while (data := _chunk(database, blob_id, position)) is not None:
        yield data
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
