"""What every request handler works with: the database, the clock and the limits.

One ``Platform`` belongs to one application: its database, its clock, the model that answers and
the runner of its background work. It also carries out what the passing of time demands
(an expired file is gone, an expired store is empty): lazily, before a request looks, so that no
background task is needed and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from retinue.local.database import Connection, Database
from retinue.local.turns.ports import Model
from retinue.local.turns.server import ModelServer
from retinue.local.work.runner import Runner


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes and times of one application. The defaults are the platform's own."""

    json_bytes: int = 96 * 1024 * 1024
    """Enough for the largest template: an archive of 70,254,592 characters beside 10 MiB inline."""

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
class Chore:
    """Work for the background. ``due`` is a cheap question, asked before requests that read and
    after those that write; ``start`` is called while it finds a row, and must not wait."""

    due: str
    start: Callable[[Platform], None]


@dataclass(frozen=True, slots=True)
class Platform:
    """The database with its clock. ``clock`` gives seconds since 1970."""

    database: Database
    limits: Limits
    clock: Callable[[], float]
    model: Model
    runner: Runner
    deadlines: Sequence[Deadline] = ()
    chores: Sequence[Chore] = ()
    embeddings: ModelServer | None = None
    """Who makes vectors of texts; it names a model for that."""

    kept: dict[str, object] = field(default_factory=dict)
    """What a room keeps for as long as the application lives, under a name of its own."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view, after everything that fell due has happened."""
        self._meet_deadlines()
        with self.database.read() as connection:
            self._start_chores(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A short transaction, after everything that fell due has happened."""
        self._meet_deadlines()
        with self.database.write() as connection:
            yield connection
        with self.database.read() as connection:
            self._start_chores(connection)

    def _start_chores(self, connection: Connection) -> None:
        for chore in self.chores:
            if connection.execute(chore.due).fetchone():
                chore.start(self)

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
