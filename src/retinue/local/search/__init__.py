"""Search in vector stores: text out of files, chunks, an index in the database, ranked answers.

``search`` is what others use; everything else is for the families and for the indexer. Indexing
happens in the background (``indexer``), extraction from anything but short texts in a process of
its own (``process``). Importing this package loads no parser.
"""

from __future__ import annotations

from retinue.local.search.finding import search
from retinue.local.turns.items import Hit

__all__ = ["Hit", "search"]
