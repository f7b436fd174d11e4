"""Where the index meets the platform: its tables, its indexer, and when that has work to do."""

from __future__ import annotations

from retinue.local.platform import Chore, Platform
from retinue.local.search import schema
from retinue.local.search.indexer import Indexer

_KEY = "indexer"


def indexer_of(platform: Platform) -> Indexer:
    """The application's indexer, made when it is first needed."""
    indexer = platform.kept.get(_KEY)
    if not isinstance(indexer, Indexer):
        indexer = platform.kept.setdefault(_KEY, Indexer(platform.database))
        assert isinstance(indexer, Indexer)
    return indexer


def close(platform: Platform) -> None:
    """Stop indexing; unfinished work begins anew another time."""
    indexer = platform.kept.get(_KEY)
    if isinstance(indexer, Indexer):
        indexer.close()


CHORE = Chore(due=schema.DUE, start=lambda platform: indexer_of(platform).wake())
