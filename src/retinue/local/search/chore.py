"""Where the index meets the platform: its tables, its indexer, and when that has work to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from retinue.local.platform import Chore, Platform
from retinue.local.search import schema
from retinue.local.search.indexer import Indexer
from retinue.local.search.nearest import Asked

if TYPE_CHECKING:
    from retinue.local.search.embedder import Embedder

_KEY = "indexer"
_EMBEDDER = "embedder"


def indexer_of(platform: Platform) -> Indexer:
    """The application's indexer, made when it is first needed."""
    indexer = platform.kept.get(_KEY)
    if not isinstance(indexer, Indexer):
        indexer = platform.kept.setdefault(_KEY, Indexer(platform.database, embedder_of(platform)))
        assert isinstance(indexer, Indexer)
    return indexer


def embedder_of(platform: Platform) -> Embedder | None:
    """The application's embeddings, if it has any."""
    if platform.embeddings is None:
        return None
    # An HTTP client is loaded only where there is somebody to talk to.
    from retinue.local.search.embedder import Embedder

    embedder = platform.kept.get(_EMBEDDER)
    if not isinstance(embedder, Embedder):
        made = Embedder(platform.database, platform.embeddings)
        embedder = platform.kept.setdefault(_EMBEDDER, made)
        assert isinstance(embedder, Embedder)
    return embedder


def asked(platform: Platform, query: str | Sequence[str]) -> list[Asked | None]:
    """Queries as vectors, for ``search``; none where there are no embeddings, or not now.

    Waits for another server: not to be called within a transaction.
    """
    queries = [query] if isinstance(query, str) else list(query)
    embedder = embedder_of(platform)
    if embedder is None:
        return []
    vectors = embedder.of_queries(queries)
    return [Asked(embedder.model, vector) if vector else None for vector in vectors]


def filling(platform: Platform, store_ids: Sequence[str]) -> bool:
    """Whether files of the stores are about to get vectors; false where the server fails."""
    embedder = embedder_of(platform)
    if embedder is None or embedder.filling.lasts:
        return False
    with platform.read() as connection:
        return embedder.lacks(connection, store_ids)


def embedding(model: str) -> Chore:
    """The chore of filling in vectors by ``model``."""
    name = model.replace("'", "''")
    return Chore(
        due=schema.UNEMBEDDED.format(name), start=lambda platform: indexer_of(platform).embed()
    )


def close(platform: Platform) -> None:
    """Stop indexing; unfinished work begins anew another time."""
    indexer = platform.kept.get(_KEY)
    if isinstance(indexer, Indexer):
        indexer.close()


CHORE = Chore(due=schema.DUE, start=lambda platform: indexer_of(platform).wake())
