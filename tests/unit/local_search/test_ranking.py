"""Scores: between 0 and 1, comparable, and the same with and without full-text search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.local.app import open_platform
from retinue.local.database import Database
from retinue.local.platform import Limits
from retinue.local.search import Hit, schema, search
from retinue.local.search.chore import close, indexer_of
from retinue.local.search.ranking import Weights

WORDS = st.lists(st.sampled_from("abcdef"), max_size=30)
TEXTS = {
    "terraform.md": "Terraform keeps a state file. A plan shows what would change.",
    "python.md": "Python is a language. Its files end in py; a state of mind, some say.",
    "locks.md": "Two applies at once: one holds the lock. The state file is written by one alone.",
    "colours.md": "Red, green and blue. No plan was made for them.",
}


@given(WORDS, WORDS, st.integers(1, 100))
def test_scores_stay_within_bounds(query: list[str], passage: list[str], average: int) -> None:
    weights = Weights.of({term: query.count(term) for term in query}, 10, average)
    score = weights.score(" ".join(passage))
    assert 0 <= score < 1
    assert (score > 0) == bool(set(query) & set(passage))


def test_what_scores_mean() -> None:
    weights = Weights.of({"a": 1, "b": 1}, 10, 20.0)
    filler = " ".join(["x"] * 18)
    assert weights.score(f"a b {filler}") == pytest.approx(0.674, abs=0.001)
    assert weights.score(f"a x {filler}") == pytest.approx(0.477, abs=0.001)
    assert weights.score("a " * 500 + "b " * 500) > weights.score(f"a b {filler}")
    rare = Weights.of({"a": 1, "b": 9}, 10, 20.0)
    assert rare.score(f"a x {filler}") > 2 * rare.score(f"b x {filler}")


def _filled(path: Path, texts: Mapping[str, str]) -> Database:
    """A database with one store, ``vs_1``, that holds the texts as completed files."""
    platform = open_platform(path, limits=Limits())
    with platform.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO vector_stores (id, created_at, name, metadata, last_active_at)"
            " VALUES ('vs_1', 1, '', '{}', 1)"
        )
        for number, (name, text) in enumerate(texts.items()):
            data = text.encode()
            connection.execute("INSERT INTO blobs VALUES (?, 1, 1)", (number,))
            connection.execute("INSERT INTO blob_chunks VALUES (?, 0, ?)", (number, data))
            connection.execute(
                "INSERT INTO files VALUES (?, ?, 1, ?, 'assistants', ?, NULL, 'utf-8', NULL, ?)",
                (number, f"file-{number}", name, len(data), number),
            )
            connection.execute(
                "INSERT INTO attachments (store_id, file_id, created_at, ready_at, bytes,"
                " attributes, chunk_tokens, chunk_overlap)"
                " VALUES ('vs_1', ?, 1, 1, ?, '{\"n\": 1}', 800, 400)",
                (f"file-{number}", len(data)),
            )
    indexer_of(platform).settle()
    close(platform)
    return platform.database


def _found(database: Database, query: Any, **more: Any) -> list[Hit]:
    with database.read() as connection:
        return search(connection, ["vs_1"], query, **more)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("How does Terraform show changes in a plan?", "terraform.md"),
        ("who may write the state file when two applies run", "locks.md"),
        ("py files", "python.md"),
        ("blue", "colours.md"),
    ],
)
def test_the_right_document_comes_first(tmp_path: Path, query: str, first: str) -> None:
    database = _filled(tmp_path / "p.db", TEXTS)
    assert _found(database, query)[0].filename == first
    database.close()


def test_several_queries_give_the_best_of_each(tmp_path: Path) -> None:
    database = _filled(tmp_path / "p.db", TEXTS)
    both = {hit.filename: hit.score for hit in _found(database, ["blue", "python"])}
    assert both["colours.md"] == _found(database, "blue")[0].score
    assert both["python.md"] == _found(database, "python")[0].score
    assert _found(database, ["blue", "python"], score_threshold=0.99) == []
    database.close()


@pytest.mark.skipif(not schema.FTS5, reason="this SQLite has no FTS5 to compare with")
def test_without_full_text_search_the_answers_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = ["state file plan", "blue", "nothing like it", "the", ["python", "lock"]]
    wanted = {"type": "eq", "key": "n", "value": 1}
    database = _filled(tmp_path / "with.db", TEXTS)
    expected = [_found(database, query, filters=wanted) for query in queries]
    monkeypatch.setattr(schema, "FTS5", False)
    # The file may be used by both kinds of Python: what was indexed with is found without.
    assert [_found(database, query, filters=wanted) for query in queries] == expected
    database.close()
    other = _filled(tmp_path / "without.db", TEXTS)
    with other.read() as connection:
        assert connection.execute("SELECT count(*) FROM search_fts").fetchone()[0] == 0
    assert [_found(other, query, filters=wanted) for query in queries] == expected
    other.close()
    assert any(expected)
    monkeypatch.setattr(schema, "FTS5", True)
    back = _filled(tmp_path / "without.db", {})
    assert [_found(back, query, filters=wanted) for query in queries] == expected
    back.close()
