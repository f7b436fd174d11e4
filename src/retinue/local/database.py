"""The one SQLite file: connections, transactions and the schema. It knows no family's tables.

Several threads and several processes may use the file at once. Write-ahead logging lets readers
go on while somebody writes; ``synchronous = NORMAL`` loses no consistency in a crash, at worst
the last moments before a power cut. Writers of one process queue on a lock, because SQLite's own
waiting sleeps up to 100 ms at a time; other processes are waited for with its busy time-out.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retinue.errors import StateForeign, UsageError

SCHEMA_VERSION = 7
"""Raise it whenever a family's schema changes: opening then runs all schemas again."""

_APPLICATION_ID = 0x5254_4E55
_BUSY_SECONDS = 10.0
_WAL_BYTES_KEPT = 32 * 1024 * 1024

Row = sqlite3.Row
Connection = sqlite3.Connection


class Database:
    """A pool of connections to ``path``; made with the schemas of all families.

    Raises ``UsageError`` where the file can't be used as a database and ``StateForeign`` where it
    belongs to another program or to a newer Retinue.
    """

    def __init__(self, path: Path, *, schemas: Sequence[str]) -> None:
        self._path = path
        self._idle: deque[Connection] = deque()
        self._writer = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)
        try:
            _create_private(path)
            with self._connection() as connection:
                _prepare(connection, path, schemas)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(
                f"{path} can't be used as the local platform's database: {error}",
                hint="name a file in a folder you may write to, or remove the damaged file",
            ) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database, however many queries are made."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises. Keep it short."""
        with self._writer, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def close(self) -> None:
        """Close every idle connection. Using the database afterwards opens new ones."""
        _close_all(self._idle)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _connect(self._path)
        try:
            yield connection
        finally:
            self._idle.append(connection)


def _close_all(idle: deque[Connection]) -> None:
    while idle:
        idle.pop().close()


def _create_private(path: Path) -> None:
    """Uploaded documents are nobody else's business: the file starts readable by its owner only.

    One that exists is left alone: to close a file gives back every lock that this process has on
    it, those of SQLite's other connections included, and two writers at once destroy the database.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _connect(path: Path) -> Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
    return connection


def _prepare(connection: Connection, path: Path, schemas: Sequence[str]) -> None:
    version = _known_version(connection, path)
    _use_write_ahead_log(connection)
    if version == SCHEMA_VERSION:
        return
    # A process that opens the file at the same time waits here and then finds the tables made.
    script = "\n".join(schemas)
    connection.executescript(
        f"BEGIN IMMEDIATE; {script} PRAGMA application_id = {_APPLICATION_ID}; "
        f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    )


def _known_version(connection: Connection, path: Path) -> int:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != _APPLICATION_ID:
        raise StateForeign(
            f"{path} is a database of another program",
            hint="name a new file for the local platform",
        )
    if version > SCHEMA_VERSION:
        raise StateForeign(
            f"{path} was written by a newer Retinue (schema {version}, known {SCHEMA_VERSION})",
            hint="update Retinue, or name a new file for the local platform",
        )
    return version


def _use_write_ahead_log(connection: Connection) -> None:
    # SQLite doesn't wait for other processes when it changes the journal mode, so this does.
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
