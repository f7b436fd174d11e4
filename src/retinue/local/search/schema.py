"""The tables of the index, and how they follow the attachments.

``search_indexes`` has a row per attachment that can be indexed: waiting, being indexed by an
``owner``, or complete. An attachment that goes away, by whatever road, takes its row along at
once, so nothing of it is found any more; its chunks are left to ``search_garbage``, which the
indexer clears in slices. ``search_embedded`` says by which model an index has its vectors (none
yet: an empty name), ``search_vectors`` has them; they go with their passages. SQLite's FTS5 finds
the candidates of a search where it is compiled in.
"""

from __future__ import annotations

import sqlite3

LEASE_SECONDS = 15
"""An owner that gave no sign for so long has died; its work begins anew."""

QUICK_BYTES = 64 * 1024
"""Texts up to this size are indexed in the server itself, beside everything longer."""


def has_fts5() -> bool:
    """Whether this Python's SQLite has full-text search."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


FTS5 = has_fts5()

_TABLES = f"""
CREATE TABLE IF NOT EXISTS search_indexes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  attachment INTEGER NOT NULL UNIQUE,
  ready_at REAL NOT NULL,
  quick INTEGER NOT NULL,
  complete INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  beat_at REAL NOT NULL DEFAULT 0,
  fts INTEGER NOT NULL DEFAULT 0,
  chunks INTEGER NOT NULL DEFAULT 0,
  terms INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS search_indexes_open ON search_indexes (quick, id) WHERE NOT complete;
CREATE TABLE IF NOT EXISTS search_chunks (
  id INTEGER PRIMARY KEY,
  index_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  start INTEGER NOT NULL,
  text TEXT NOT NULL,
  terms TEXT NOT NULL,
  length INTEGER NOT NULL,
  UNIQUE (index_id, position)
);
CREATE TABLE IF NOT EXISTS search_garbage (
  index_id INTEGER PRIMARY KEY,
  fts INTEGER NOT NULL
);
CREATE TRIGGER IF NOT EXISTS search_indexes_garbage AFTER DELETE ON search_indexes
WHEN OLD.attempts BEGIN
  INSERT OR IGNORE INTO search_garbage (index_id, fts) VALUES (OLD.id, OLD.fts);
END;
CREATE TRIGGER IF NOT EXISTS attachments_indexed AFTER INSERT ON attachments
WHEN NEW.fault IS NULL BEGIN
  INSERT INTO search_indexes (attachment, ready_at, quick)
  SELECT NEW.seq, NEW.ready_at, encoding IS NOT NULL AND bytes <= {QUICK_BYTES}
  FROM files WHERE id = NEW.file_id;
  UPDATE attachments SET ready_at = 9e999 WHERE seq = NEW.seq;
END;
CREATE TRIGGER IF NOT EXISTS attachments_detached AFTER DELETE ON attachments BEGIN
  DELETE FROM search_indexes WHERE attachment = OLD.seq;
END;
CREATE TRIGGER IF NOT EXISTS attachments_cancelled AFTER UPDATE OF cancelled ON attachments
WHEN NEW.cancelled BEGIN
  DELETE FROM search_indexes WHERE attachment = NEW.seq;
END;
CREATE TABLE IF NOT EXISTS search_embedded (
  index_id INTEGER PRIMARY KEY,
  model TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS search_embedded_model ON search_embedded (model);
CREATE TABLE IF NOT EXISTS search_vectors (
  chunk INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  signs BLOB NOT NULL,
  vector BLOB NOT NULL
);
CREATE TRIGGER IF NOT EXISTS search_indexes_completed AFTER UPDATE OF complete ON search_indexes
WHEN NEW.complete BEGIN
  INSERT OR IGNORE INTO search_embedded (index_id) VALUES (NEW.id);
END;
CREATE TRIGGER IF NOT EXISTS search_indexes_forgotten AFTER DELETE ON search_indexes BEGIN
  DELETE FROM search_embedded WHERE index_id = OLD.id;
END;
CREATE TRIGGER IF NOT EXISTS search_chunks_forgotten AFTER DELETE ON search_chunks BEGIN
  DELETE FROM search_vectors WHERE chunk = OLD.id;
END;
"""

_FTS = """
CREATE VIRTUAL TABLE IF NOT EXISTS search_fts USING fts5(
  store, terms, tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);
"""

# Files that were attached before there was an index stay completed and are indexed now.
_CATCH_UP = f"""
INSERT OR IGNORE INTO search_indexes (attachment, ready_at, quick)
SELECT a.seq, a.ready_at, f.encoding IS NOT NULL AND f.bytes <= {QUICK_BYTES}
FROM attachments AS a JOIN files AS f ON f.id = a.file_id
WHERE a.fault IS NULL AND NOT a.cancelled AND a.ready_at < 9e999;
INSERT OR IGNORE INTO search_embedded (index_id) SELECT id FROM search_indexes WHERE complete;
"""

SCHEMA = _TABLES + (_FTS if FTS5 else "") + _CATCH_UP

# The server's own clock, not the platform's: owners live in real time.
_NOW = "CAST(strftime('%s', 'now') AS INTEGER)"
FREE = (
    f"(owner IS NULL OR beat_at NOT BETWEEN {_NOW} - {LEASE_SECONDS} AND {_NOW} + {LEASE_SECONDS})"
)
"""Nobody works on a row of ``search_indexes``."""

SWEEPABLE = f"fts <= {int(FTS5)}"
"""Chunks in the full-text table can be removed only by a SQLite that has it."""

DUE = (
    f"SELECT 1 FROM search_indexes WHERE NOT complete AND {FREE}"
    f" UNION ALL SELECT 1 FROM search_garbage WHERE {SWEEPABLE} LIMIT 1"
)
"""Finds a row while there is something to do for the indexer."""

UNEMBEDDED = (
    "SELECT index_id FROM search_embedded WHERE model < '{0}'"
    " UNION ALL SELECT index_id FROM search_embedded WHERE model > '{0}' LIMIT 1"
)
"""Finds an index without vectors by a model, whose name is to be put in; answered by an index."""
