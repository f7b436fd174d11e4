"""What counts as the same word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.local.search.terms import MOST_QUERY_TERMS, query_terms, terms_of


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("CAFÉ", "cafe"),
        ("naïve", "Naive"),
        ("Straße", "STRASSE"),
        ("ﬁle", "file"),
        ("file", "files"),
        ("provision", "provisioning"),
        ("provisioned", "provisions"),
        ("create", "creating"),
        ("created", "creates"),
        ("policy", "policies"),
        ("run", "running"),
        ("box", "boxes"),
        ("quick", "quickly"),
        ("vector_store", "vector store"),
        ("é", "e\u0301"),
        ("Ελλάδα", "ελλαδα"),
    ],
)
def test_forms_that_meet(said: str, written: str) -> None:
    assert list(query_terms(said)) == terms_of(written)


@pytest.mark.parametrize(
    ("one", "other"),
    [("glass", "glas"), ("bus", "bu"), ("sing", "s"), ("red", "r"), ("v2", "v3"), ("10", "100")],
)
def test_words_that_stay_apart(one: str, other: str) -> None:
    assert terms_of(one) != terms_of(other)


def test_scripts_without_spaces_are_found_by_parts() -> None:
    assert query_terms("東京") == ("東京",)
    assert query_terms("京") == ("京",)
    assert {"東京", "京"} < set(terms_of("ここは東京です"))


def test_stop_words_go_unless_they_are_all_there_is() -> None:
    assert query_terms("What is the answer?") == ("answer",)
    assert query_terms("to be or not to be") == ("not",)
    assert query_terms("the who") == ("the", "who")


def test_a_query_has_few_terms_each_once() -> None:
    assert query_terms("store Stores STORE") == ("stor",)
    assert len(query_terms(" ".join(f"w{n}" for n in range(1000)))) == MOST_QUERY_TERMS
    assert query_terms("?! ...") == ()


@given(st.text())
def test_terms_are_safe_within_quotes(text: str) -> None:
    for term in (*terms_of(text), *query_terms(text)):
        assert term
        assert not set(term) & set(" \t\n\"'*^:()+-\0")
