"""The indexer's work in the database: claim it, add to it, end it, clear away. No threads here.

Every function is called within a short write transaction. Work belongs to the ``owner`` who
claimed it as long as he gives signs of life; an index that is begun anew gets a new number, so
that what a dead or slow owner left is never mixed with it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from retinue.local.database import Connection
from retinue.local.search import schema
from retinue.local.search.passages import Passage, Source

SWEEP_CHUNKS = 100
_MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One attachment to index. ``store`` names its vector store within the index."""

    index_id: int
    owner: str
    attachment: int
    store: str
    blob_id: int
    ready_at: float
    exhausted: bool
    source: Source


def store_term(seq: int) -> str:
    """The word that stands for a vector store in the full-text table."""
    return f"store{seq}"


_OPEN = f"""
SELECT i.id, i.attachment, i.ready_at, i.attempts, v.seq AS store,
  a.chunk_tokens, a.chunk_overlap, f.filename, f.encoding, f.blob_id
FROM search_indexes AS i JOIN attachments AS a ON a.seq = i.attachment
  JOIN files AS f ON f.id = a.file_id JOIN vector_stores AS v ON v.id = a.store_id
WHERE NOT i.complete AND i.quick = ? AND {schema.FREE} ORDER BY i.id LIMIT 1
"""


def claim(connection: Connection, owner: str, *, quick: bool) -> Job | None:
    """Take on the next index that nobody works on, among short texts or all others."""
    row = connection.execute(_OPEN, (quick,)).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM search_indexes WHERE id = ?", (row["id"],))
    number = connection.execute(
        "INSERT INTO search_indexes (attachment, ready_at, quick, attempts, owner, beat_at, fts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(row["attachment"], row["ready_at"], quick, row["attempts"] + 1),
            *(owner, time.time(), schema.FTS5),
        ),
    ).lastrowid
    assert number is not None  # an INSERT always sets it
    return Job(
        index_id=number,
        owner=owner,
        attachment=row["attachment"],
        store=store_term(row["store"]),
        blob_id=row["blob_id"],
        ready_at=row["ready_at"],
        exhausted=row["attempts"] >= _MOST_ATTEMPTS,
        source=Source(row["filename"], row["encoding"], row["chunk_tokens"], row["chunk_overlap"]),
    )


def beat(connection: Connection, job: Job) -> bool:
    """Give a sign of life; false if the job is not the owner's any more, or nobody wants it."""
    cursor = connection.execute(
        "UPDATE search_indexes SET beat_at = ? WHERE id = ? AND owner = ?",
        (time.time(), job.index_id, job.owner),
    )
    return cursor.rowcount > 0


def add(connection: Connection, job: Job, first: int, found: Sequence[Passage]) -> bool:
    """Store some passages, the first of them number ``first``; false as for ``beat``."""
    if not beat(connection, job):
        return False
    numbers = [
        connection.execute(
            "INSERT INTO search_chunks (index_id, position, start, text, terms, length)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (job.index_id, first + place, each.start, each.text, each.terms, each.length),
        ).lastrowid
        for place, each in enumerate(found)
    ]
    if schema.FTS5:
        connection.executemany(
            "INSERT INTO search_fts (rowid, store, terms) VALUES (?, ?, ?)",
            [(number, job.store, each.terms) for number, each in zip(numbers, found, strict=True)],
        )
    connection.execute(
        "UPDATE search_indexes SET chunks = chunks + ?, terms = terms + ? WHERE id = ?",
        (len(found), sum(each.length for each in found), job.index_id),
    )
    return True


def complete(connection: Connection, job: Job) -> None:
    """All passages are stored: from now on they are found, and the attachment is completed."""
    if beat(connection, job):
        connection.execute(
            "UPDATE search_indexes SET complete = 1, owner = NULL WHERE id = ?", (job.index_id,)
        )
        _settle(connection, job, None)


def fail(connection: Connection, job: Job, fault: str) -> None:
    """The file can't be indexed: the attachment has failed, what was stored goes."""
    if beat(connection, job):
        connection.execute("DELETE FROM search_indexes WHERE id = ?", (job.index_id,))
        _settle(connection, job, fault)


def release(connection: Connection, job: Job, *, blameless: bool) -> None:
    """Give the job back to be begun anew; ``blameless`` if that isn't the file's doing."""
    connection.execute(
        "UPDATE search_indexes SET owner = NULL, attempts = max(1, attempts - ?)"
        " WHERE id = ? AND owner = ?",
        (blameless, job.index_id, job.owner),
    )


def _settle(connection: Connection, job: Job, fault: str | None) -> None:
    connection.execute(
        "UPDATE attachments SET ready_at = ?, fault = ? WHERE seq = ?",
        (job.ready_at, fault, job.attachment),
    )


def sweep(connection: Connection) -> bool:
    """Remove some chunks that belong to no index any more; true while there may be more."""
    row = connection.execute(
        f"SELECT index_id, fts FROM search_garbage WHERE {schema.SWEEPABLE} LIMIT 1"
    ).fetchone()
    if row is None:
        return False
    rows = connection.execute(
        "SELECT id FROM search_chunks WHERE index_id = ? LIMIT ?", (row["index_id"], SWEEP_CHUNKS)
    ).fetchall()
    numbers = [(each["id"],) for each in rows]
    if row["fts"]:
        connection.executemany("DELETE FROM search_fts WHERE rowid = ?", numbers)
    connection.executemany("DELETE FROM search_chunks WHERE id = ?", numbers)
    if len(numbers) < SWEEP_CHUNKS:
        connection.execute("DELETE FROM search_garbage WHERE index_id = ?", (row["index_id"],))
    return True
