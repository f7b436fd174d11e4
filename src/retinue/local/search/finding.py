"""Finds the passages of vector stores that answer a query best.

Where SQLite has full-text search, it proposes candidates and ``ranking`` scores them; without it
every passage is a candidate: the same answers, in a time that grows with the stores. A file that
Pythons with and without it have shared is searched whole.

Where a query comes with its vector, the passages ``nearest`` to it are candidates, too, and the
score of each passage that has a vector is the mean of two: its score for words, and the cosine of
its vector and the query's. One without a vector keeps its score for words.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import zip_longest
from typing import Any

from retinue.local.database import Connection, Row
from retinue.local.search import filters as attribute_filters
from retinue.local.search import schema
from retinue.local.search.jobs import store_term
from retinue.local.search.nearest import Asked, cosines, nearest
from retinue.local.search.ranking import Weights
from retinue.local.search.terms import query_terms
from retinue.local.turns.items import Hit

_LEAST_CANDIDATES = 200
_CANDIDATES_PER_HIT = 8


def search(
    connection: Connection,
    store_ids: Sequence[str],
    query: str | Sequence[str],
    *,
    limit: int = 10,
    score_threshold: float = 0.0,
    filters: Mapping[str, Any] | None = None,
    vectors: Sequence[Asked | None] = (),
) -> list[Hit]:
    """The best passages of the stores for ``query``, best first, at most ``limit``.

    Of several queries a passage's best score counts. ``filters`` must have passed
    ``filters.check``. ``vectors`` are those of the queries (see ``chore.asked``); without them
    words alone count. Only completed files are searched; a store that doesn't exist holds none.
    """
    scope = _scope(connection, store_ids, filters)
    best: dict[int, float] = {}
    queries = [query] if isinstance(query, str) else query
    for each, vector in zip_longest(queries, vectors):
        for number, score in _scores(connection, scope, query_terms(each), vector, limit):
            best[number] = max(score, best.get(number, 0.0))
    found = [item for item in best.items() if item[1] > 0 and item[1] >= score_threshold]
    # Passages that score alike keep the order of their files.
    ranked = nlargest(limit, found, key=lambda item: (item[1], -item[0]))
    return _hits(connection, ranked)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is searched. ``allowed`` are the indexes that meet the filters; None means all."""

    stores: tuple[str, ...]
    store_ids: str
    passages: int
    average: float
    allowed: frozenset[int] | None


_SEARCHED = """
FROM search_indexes AS i JOIN attachments AS a ON a.seq = i.attachment
WHERE i.complete AND a.store_id IN (SELECT value FROM json_each(:stores))
"""


def _scope(
    connection: Connection, store_ids: Sequence[str], filters: Mapping[str, Any] | None
) -> _Scope:
    values = {"stores": json.dumps(list(store_ids))}
    total = connection.execute(
        f"SELECT sum(i.chunks) AS chunks, sum(i.terms) AS terms {_SEARCHED}", values
    ).fetchone()
    stores = connection.execute(
        "SELECT seq FROM vector_stores WHERE id IN (SELECT value FROM json_each(:stores))", values
    )
    passages = total["chunks"] or 0
    return _Scope(
        stores=tuple(store_term(row["seq"]) for row in stores),
        store_ids=values["stores"],
        passages=passages,
        average=(total["terms"] or 0) / max(passages, 1),
        allowed=None if filters is None else _allowed(connection, values, filters),
    )


def _allowed(
    connection: Connection, values: Mapping[str, str], filters: Mapping[str, Any]
) -> frozenset[int]:
    rows = connection.execute(f"SELECT i.id, a.attributes {_SEARCHED}", values)
    return frozenset(
        row["id"] for row in rows if attribute_filters.meets(json.loads(row["attributes"]), filters)
    )


def _scores(
    connection: Connection, scope: _Scope, terms: Sequence[str], asked: Asked | None, limit: int
) -> Iterator[tuple[int, float]]:
    if not scope.passages:
        return
    weights, found = _worded(connection, scope, terms, limit)
    near: Mapping[int, float] = {}
    if asked:
        most = max(_LEAST_CANDIDATES, _CANDIDATES_PER_HIT * limit)
        allowed = None if scope.allowed is None else json.dumps(list(scope.allowed))
        for row in _terms(connection, nearest(connection, asked, scope.store_ids, allowed, most)):
            found[row["id"]] = row["terms"]
        near = cosines(connection, asked, found)
    for number, words in found.items():
        score = weights.score(words)
        yield number, (score + near[number]) / 2 if number in near else score


def _worded(
    connection: Connection, scope: _Scope, terms: Sequence[str], limit: int
) -> tuple[Weights, dict[int, str]]:
    """The weights of a query's terms, and the terms of the passages that hold any."""
    if not terms:
        return Weights.of({}, scope.passages, scope.average), {}
    unlisted = _unlisted(connection, scope)
    holding = Counter(dict.fromkeys(terms, 0))
    for row in unlisted:
        holding.update(set(terms).intersection(row["terms"].split()))
    candidates = [
        row for row in unlisted if scope.allowed is None or row["index_id"] in scope.allowed
    ]
    if schema.FTS5:
        most = max(_LEAST_CANDIDATES, _CANDIDATES_PER_HIT * limit)
        candidates += _proposed(connection, scope, terms, most)
        holding.update({term: _holding(connection, scope, term) for term in terms})
    weights = Weights.of(holding, scope.passages, scope.average)
    return weights, {row["id"]: row["terms"] for row in candidates}


def _terms(connection: Connection, numbers: Sequence[int]) -> list[Row]:
    return connection.execute(
        "SELECT id, terms FROM search_chunks WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    ).fetchall()


def _match(scope: _Scope, terms: Sequence[str]) -> str:
    """Both kinds of words are letters and digits alone, and quoted: nothing else gets in."""
    stores, wanted = (" OR ".join(f'"{word}"' for word in each) for each in (scope.stores, terms))
    return f"store : ({stores}) AND terms : ({wanted})"


def _proposed(connection: Connection, scope: _Scope, terms: Sequence[str], most: int) -> list[Row]:
    allowed = None if scope.allowed is None else json.dumps(list(scope.allowed))
    return connection.execute(
        "SELECT c.id, c.terms FROM search_fts JOIN search_chunks AS c ON c.id = search_fts.rowid"
        " JOIN search_indexes AS i ON i.id = c.index_id AND i.complete"
        " WHERE (:allowed IS NULL OR i.id IN (SELECT value FROM json_each(:allowed)))"
        " AND search_fts MATCH :match AND rank MATCH 'bm25(0.0, 1.0)' ORDER BY rank LIMIT :most",
        {"match": _match(scope, terms), "allowed": allowed, "most": most},
    ).fetchall()


def _holding(connection: Connection, scope: _Scope, term: str) -> int:
    """Passages with ``term``; those of indexes under way or given up are counted in, too."""
    count: int = connection.execute(
        "SELECT count(*) FROM search_fts WHERE search_fts MATCH ?", (_match(scope, [term]),)
    ).fetchone()[0]
    return count


def _unlisted(connection: Connection, scope: _Scope) -> list[Row]:
    """Passages that full-text search doesn't know, because it isn't here or wasn't then."""
    return connection.execute(
        "SELECT c.id, c.index_id, c.terms FROM search_chunks AS c"
        f" JOIN (SELECT i.id, i.fts {_SEARCHED}) AS i ON i.id = c.index_id WHERE i.fts < :least",
        {"stores": scope.store_ids, "least": 1 if schema.FTS5 else 2},
    ).fetchall()


def _hits(connection: Connection, ranked: Sequence[tuple[int, float]]) -> list[Hit]:
    rows = connection.execute(
        "SELECT c.id, c.text, a.attributes, a.store_id, a.file_id, f.filename"
        " FROM search_chunks AS c JOIN search_indexes AS i ON i.id = c.index_id"
        " JOIN attachments AS a ON a.seq = i.attachment JOIN files AS f ON f.id = a.file_id"
        " WHERE c.id IN (SELECT value FROM json_each(?))",
        (json.dumps([number for number, _ in ranked]),),
    )
    by_number = {row["id"]: row for row in rows}
    return [_hit(by_number[number], score) for number, score in ranked]


def _hit(row: Row, score: float) -> Hit:
    return Hit(
        file_id=row["file_id"],
        filename=row["filename"],
        vector_store_id=row["store_id"],
        score=math.floor(score * 1e6) / 1e6,
        text=row["text"],
        attributes=json.loads(row["attributes"]),
    )
