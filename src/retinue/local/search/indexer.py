"""Indexes in the background: three threads at most, which end when there is nothing left to do.

One takes short texts, the other what is read in a process of its own, so that a note never waits
for a book; the third fills in vectors where there are embeddings. Passages are written in small
slices, between which other writers get their turn. A server that is stopped gives its work back,
a killed one loses it after ``schema.LEASE_SECONDS``; either way it begins anew with the next
request, here or in another process.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from io import BytesIO
from itertools import islice
from secrets import token_hex
from typing import TYPE_CHECKING

from retinue.local import blobs
from retinue.local.database import Database
from retinue.local.search import jobs
from retinue.local.search.extraction import Unreadable
from retinue.local.search.jobs import Job
from retinue.local.search.passages import Passage, passages
from retinue.local.search.process import passages_apart

if TYPE_CHECKING:
    from retinue.local.search.embedder import Embedder

_log = logging.getLogger("retinue.local")

_SLICE = 24
_PAUSE_SECONDS = 0.002
_BEAT_SECONDS = 2.0
_GOODBYE_SECONDS = 10.0
_BRIEF_GOODBYE_SECONDS = 0.5


class Indexer:
    """The indexing of one application. ``wake`` it whenever there may be something to do."""

    def __init__(self, database: Database, embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        self._vectors = _Lane("index-vectors", embedder.work) if embedder else None
        lanes = (("index-quick", True), ("index-long", False))
        self._lanes = [_Lane(name, self._indexing(database, quick=quick)) for name, quick in lanes]

    def _indexing(self, database: Database, *, quick: bool) -> Callable[[threading.Event], None]:
        worker = _Worker(database, quick=quick)

        def work(stopping: threading.Event) -> None:
            worker.work(stopping)
            if not stopping.is_set():
                self.embed()

        return work

    def wake(self) -> None:
        """See to it that somebody looks for work after this moment; never waits."""
        for lane in self._lanes:
            lane.wake()

    def embed(self) -> None:
        """The same for vectors; nothing happens where there are no embeddings."""
        if self._embedder and self._vectors and not self._embedder.filling.lasts:
            self._vectors.wake()

    def settle(self) -> None:
        """Wait until everything is indexed that can be; for tests."""
        self.wake()
        for lane in self._lanes:
            lane.join()
        if self._vectors:
            self._vectors.join()

    def close(self) -> None:
        """Stop soon and give unfinished work back. A later ``wake`` begins again."""
        for lane in (*self._lanes, *filter(None, [self._vectors])):
            lane.stop()
        for lane in self._lanes:
            lane.join(_GOODBYE_SECONDS)
        if self._vectors:
            # It may be waiting for somebody else's server, and has nothing to give back.
            self._vectors.join(_BRIEF_GOODBYE_SECONDS)


class _Lane:
    """A thread that runs ``work`` as long as somebody has called ``wake`` since it began."""

    def __init__(self, name: str, work: Callable[[threading.Event], None]) -> None:
        self._name = name
        self._work = work
        self._lock = threading.Lock()
        self._asked = False
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def wake(self) -> None:
        with self._lock:
            self._asked = True
            if self._thread is None:
                self._stopping = threading.Event()
                # A daemon: the end of the process must not wait for a book.
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._asked = False
            self._stopping.set()

    def join(self, seconds: float | None = None) -> None:
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while self._wanted():
            try:
                self._work(self._stopping)
            except Exception:  # noqa: BLE001 - logged; nobody else is there to hear of it
                # The database is gone or busy: the next request starts over.
                _log.exception("indexing was interrupted")

    def _wanted(self) -> bool:
        with self._lock:
            wanted, self._asked = self._asked, False
            if not wanted:
                self._thread = None
            return wanted


class _Worker:
    """Does the jobs of one lane, one after the other."""

    def __init__(self, database: Database, *, quick: bool) -> None:
        self._database = database
        self._quick = quick
        self._owner = token_hex(8)

    def work(self, stopping: threading.Event) -> None:
        """Do all jobs there are, then clear away; returns early when asked to stop."""
        while not stopping.is_set():
            with self._database.write() as connection:
                job = jobs.claim(connection, self._owner, quick=self._quick)
            if job is not None:
                self._index(job, stopping)
            elif not (self._quick and self._sweep()):
                return
            time.sleep(_PAUSE_SECONDS)

    def _sweep(self) -> bool:
        with self._database.write() as connection:
            return jobs.sweep(connection)

    def _index(self, job: Job, stopping: threading.Event) -> None:
        try:
            self._store(job, _Pulse(self._database, job, stopping))
        except Unreadable as error:
            _log.info("%s can't be indexed: %s", job.source.filename, error.fault)
            with self._database.write() as connection:
                jobs.fail(connection, job, error.fault)
        except BaseException:
            with self._database.write() as connection:
                jobs.release(connection, job, blameless=False)
            raise

    def _store(self, job: Job, pulse: _Pulse) -> None:
        stored = 0
        with closing(self._passages(job, pulse)) as found:
            while pulse.alive() and (part := list(islice(found, _SLICE))):
                with self._database.write() as connection:
                    if not jobs.add(connection, job, stored, part):
                        return
                stored += len(part)
                time.sleep(_PAUSE_SECONDS)
        with self._database.write() as connection:
            if pulse.stopped:
                jobs.release(connection, job, blameless=True)
            else:
                jobs.complete(connection, job)

    def _passages(self, job: Job, pulse: _Pulse) -> Generator[Passage, None, None]:
        if job.exhausted:
            raise Unreadable("crashed")
        pieces = blobs.read_blob(self._database, job.blob_id)
        if self._quick:
            yield from passages(BytesIO(b"".join(pieces)), job.source)
            return
        with tempfile.TemporaryFile() as file:
            for piece in pieces:
                file.write(piece)
                if not pulse.alive():
                    return
            file.seek(0)
            yield from passages_apart(file, job.source, alive=pulse.alive)


class _Pulse:
    """Keeps a job alive, and says when it is to be left."""

    def __init__(self, database: Database, job: Job, stopping: threading.Event) -> None:
        self._database = database
        self._job = job
        self._stopping = stopping
        self._beaten_at = time.monotonic()
        self._lost = False

    @property
    def stopped(self) -> bool:
        """The server ends, the job is unfinished."""
        return self._stopping.is_set()

    def alive(self) -> bool:
        """Go on? Gives a sign of life where one is due."""
        if self._stopping.is_set() or self._lost:
            return False
        if time.monotonic() - self._beaten_at > _BEAT_SECONDS:
            with self._database.write() as connection:
                self._lost = not jobs.beat(connection, self._job)
            self._beaten_at = time.monotonic()
        return not self._lost
