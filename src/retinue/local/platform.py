"""What every request handler works with: the database, the clock and the limits.

One ``Platform`` belongs to one application. It also carries out what the passing of time demands
(an expired file is gone, an expired store is empty): lazily, before a request looks, so that no
background task is needed and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from retinue.local.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes and times of one application. The defaults are the platform's own."""

    json_bytes: int = 20 * 1024 * 1024
    file_bytes: int = 512 * 1024 * 1024
    indexing_seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that falls due: both statements take the present time as ``:now``.

    ``due`` is asked before every request and must be answered from an index; ``act`` runs only
    when ``due`` finds a row.
    """

    due: str
    act: str


@dataclass(frozen=True, slots=True)
class Platform:
    """The database with its clock. ``clock`` gives seconds since 1970."""

    database: Database
    limits: Limits
    clock: Callable[[], float]
    deadlines: Sequence[Deadline] = ()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view, after everything that fell due has happened."""
        self._meet_deadlines()
        with self.database.read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A short transaction, after everything that fell due has happened."""
        self._meet_deadlines()
        with self.database.write() as connection:
            yield connection

    def _meet_deadlines(self) -> None:
        values = {"now": int(self.clock())}
        with self.database.read() as connection:
            due = [
                deadline
                for deadline in self.deadlines
                if connection.execute(deadline.due, values).fetchone()
            ]
        if due:
            with self.database.write() as connection:
                for each in due:
                    connection.execute(each.act, values)
