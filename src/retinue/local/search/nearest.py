"""The passages whose vectors are nearest to a query's, and how near. Bounded work.

Up to ``EXACT`` passages are all compared by cosine. Of more, the first ``MOST`` are compared by
the signs of their numbers, and the best of those by cosine.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from heapq import nlargest, nsmallest

from retinue.local.database import Connection
from retinue.local.search.vectors import Vector

EXACT = 2_000
MOST = 100_000

_IN_SCOPE = """
FROM search_indexes AS i JOIN attachments AS a ON a.seq = i.attachment
JOIN search_chunks AS c ON c.index_id = i.id JOIN search_vectors AS v ON v.chunk = c.id
WHERE i.complete AND a.store_id IN (SELECT value FROM json_each(:stores)) AND v.model = :model
AND (:allowed IS NULL OR i.id IN (SELECT value FROM json_each(:allowed))) LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as its vector by ``model``."""

    model: str
    vector: Vector


def nearest(
    connection: Connection, asked: Asked, store_ids: str, allowed: str | None, most: int
) -> list[int]:
    """At most ``most`` passages, best first; ``store_ids`` and ``allowed`` are JSON lists."""
    values = {"stores": store_ids, "allowed": allowed, "model": asked.model, "most": MOST}
    own, size = asked.vector.signs(), len(asked.vector.signs_blob())
    rows = [
        (row["chunk"], row["signs"])
        for row in connection.execute(f"SELECT v.chunk, v.signs {_IN_SCOPE}", values)
        if len(row["signs"]) == size
    ]
    if len(rows) > EXACT:
        rows = nsmallest(
            max(most, EXACT // 2),
            rows,
            key=lambda row: (own ^ int.from_bytes(row[1], "big")).bit_count(),
        )
    near = cosines(connection, asked, [row[0] for row in rows])
    return nlargest(most, near, key=lambda number: (near[number], -number))


def cosines(connection: Connection, asked: Asked, numbers: Collection[int]) -> dict[int, float]:
    """How alike passages and the query are; those without a vector like the query's are left out.

    The length differs where a server has another model under the same name since.
    """
    rows = connection.execute(
        "SELECT chunk, vector FROM search_vectors WHERE model = ?"
        " AND chunk IN (SELECT value FROM json_each(?))",
        (asked.model, json.dumps(list(numbers))),
    )
    found = {row["chunk"]: asked.vector.cosine(Vector.stored(row["vector"])) for row in rows}
    return {number: near for number, near in found.items() if near is not None}
