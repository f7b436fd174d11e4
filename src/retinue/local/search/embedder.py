"""Fills in the vectors of indexed passages, and asks for those of queries.

A file is completed when its words are indexed; its vectors follow, so a server that fails or is
slow holds up nothing. What it failed to do stays due in the database and is tried again with a
request after ``PAUSE_SECONDS``. Queries have a pause of their own: they have less time, so that
they can fail while passages do not. Passages that the server refuses, while it takes others, stay
without a vector and are found by their words.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence

from retinue.local.database import Connection, Database, Row
from retinue.local.search import schema
from retinue.local.search.embeddings import Embeddings, EmbeddingsFailed, TextsRefused
from retinue.local.search.vectors import Vector
from retinue.local.turns.server import ModelServer

_log = logging.getLogger("retinue.local")

PAUSE_SECONDS = 30.0
"""A server that failed is left alone for so long."""

BATCH = 16
"""Passages in a request at most. Fewer where the server takes long for them: queries wait behind
passages, and a command that ends loses what is under way."""

_FIRST_BATCH = 4
_QUICK_SECONDS = 1.0
_BATCH_SECONDS = 60.0
_QUERY_SECONDS = 5.0
_PROBE = "probe"

_OPEN = schema.UNEMBEDDED.replace("'{0}'", ":model")
_NEXT = """
SELECT c.id, c.position, c.text FROM search_chunks AS c
JOIN search_indexes AS i ON i.id = c.index_id AND i.complete
LEFT JOIN search_vectors AS v ON v.chunk = c.id AND v.model = :model
WHERE c.index_id = :index AND c.position >= :first AND v.chunk IS NULL
ORDER BY c.position LIMIT :most
"""


_LACKING = """
SELECT 1 FROM attachments AS a JOIN search_indexes AS i ON i.attachment = a.seq
JOIN search_embedded AS e ON e.index_id = i.id
WHERE a.store_id IN (SELECT value FROM json_each(?)) AND e.model <> ? LIMIT 1
"""


class Pause:
    """A while in which the server is left alone, because it has failed."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def lasts(self) -> bool:
        return time.monotonic() < self._until

    def begin(self) -> None:
        self._until = time.monotonic() + PAUSE_SECONDS

    def end(self) -> None:
        self._until = 0.0


class Embedder:
    """The vectors of one application, by one model."""

    def __init__(self, database: Database, server: ModelServer) -> None:
        assert server.embeddings  # nobody asks otherwise
        self._database = database
        self._endpoint = Embeddings(server)
        self._batch = _FIRST_BATCH
        self.filling = Pause()
        self.asking = Pause()
        self.model = server.embeddings

    def of_queries(self, queries: Sequence[str]) -> list[Vector | None]:
        """The vectors of queries, by one request; None for all where the server fails."""
        if not self.asking.lasts:
            try:
                return self._endpoint.vectors(queries, seconds=_QUERY_SECONDS)
            except TextsRefused as error:
                # A query can be too long; that says nothing about others.
                _log.warning("file search by words alone, no embeddings: %s", error)
            except EmbeddingsFailed as error:
                self.asking.begin()
                _log.warning(
                    "file search by words alone for %g seconds, no embeddings: %s",
                    *(PAUSE_SECONDS, error),
                )
        return [None] * len(queries)

    def lacks(self, connection: Connection, store_ids: Sequence[str]) -> bool:
        """Whether files of the stores have no vectors yet that they may get."""
        values = (json.dumps(list(store_ids)), self.model)
        return connection.execute(_LACKING, values).fetchone() is not None

    def work(self, stopping: threading.Event) -> None:
        """Fill in all that is missing; returns early when asked to stop or when it fails."""
        try:
            while not self.filling.lasts and not stopping.is_set():
                with self._database.read() as connection:
                    row = connection.execute(_OPEN, {"model": self.model}).fetchone()
                if row is None:
                    return
                self._fill(row["index_id"], stopping)
        except EmbeddingsFailed as error:
            self.filling.begin()
            _log.warning("files get no embeddings for %g seconds: %s", PAUSE_SECONDS, error)

    def _fill(self, index_id: int, stopping: threading.Event) -> None:
        first = 0
        while rows := self._next(index_id, first):
            began = time.monotonic()
            found = self._vectors([row["text"] for row in rows])
            quick = time.monotonic() - began < _QUICK_SECONDS
            self._batch = min(BATCH, self._batch * 2) if quick else max(1, self._batch // 2)
            if stopping.is_set():
                return
            with self._database.write() as connection:
                self._keep(connection, rows, found)
            first = rows[-1]["position"] + 1
        with self._database.write() as connection:
            connection.execute(
                "UPDATE search_embedded SET model = ? WHERE index_id = ?", (self.model, index_id)
            )

    def _next(self, index_id: int, first: int) -> list[Row]:
        values = {"model": self.model, "index": index_id, "first": first, "most": self._batch}
        with self._database.read() as connection:
            return connection.execute(_NEXT, values).fetchall()

    def _vectors(self, texts: Sequence[str]) -> list[Vector | None]:
        """A refused batch is asked for text by text, if the server takes any text at all."""
        try:
            return self._endpoint.vectors(texts, seconds=_BATCH_SECONDS)
        except TextsRefused:
            self._probe()
        return [self._vector(text) for text in texts]

    def _probe(self) -> None:
        try:
            self._endpoint.vectors([_PROBE], seconds=_BATCH_SECONDS)
        except TextsRefused as error:
            raise EmbeddingsFailed(str(error)) from None

    def _vector(self, text: str) -> Vector | None:
        try:
            return self._endpoint.vectors([text], seconds=_BATCH_SECONDS)[0]
        except TextsRefused as error:
            _log.warning("a passage stays without a vector: %s", error)
            return None

    def _keep(
        self, connection: Connection, rows: Sequence[Row], found: Sequence[Vector | None]
    ) -> None:
        """Store vectors, but not of passages that have gone in the meantime."""
        connection.executemany(
            "INSERT OR REPLACE INTO search_vectors (chunk, model, signs, vector)"
            " SELECT id, ?, ?, ? FROM search_chunks WHERE id = ?",
            [
                (self.model, vector.signs_blob(), vector.blob(), row["id"])
                for row, vector in zip(rows, found, strict=True)
                if vector
            ],
        )
