"""Chunks of any text: they cover it, keep their bounds, and overlap as they should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retinue.local.search.chunks import chunked, count_tokens

PIECES = [
    "word",
    "Sentence one. ",
    "\n\n",
    "\n",
    " ",
    "  \t",
    "長い文章",
    "émigré",
    "…",
    "!?",
    "x" * 40,
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=300).map("".join)
SIZES = st.integers(4, 60).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size // 2)))


@settings(max_examples=120, deadline=None)
@given(text=TEXTS, sizes=SIZES)
def test_chunks_of_any_text(text: str, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    chunks = list(chunked(text, size=size, overlap=overlap))
    assert bool(chunks) == bool(text)
    reached = start = 0
    for chunk in chunks:
        end = chunk.start + len(chunk.text)
        assert chunk.text == text[chunk.start : end]
        assert chunk.text
        assert start <= chunk.start <= reached < end
        shared = text[chunk.start : reached]
        # Tokens at the edges of a slice may be counted otherwise than within the whole text.
        assert count_tokens(chunk.text) <= size
        assert count_tokens(shared) <= overlap
        reached, start = end, chunk.start
    assert reached == len(text)


@pytest.mark.parametrize(
    "text", ["x" * 200_000, " " * 200_000, "\n" * 200_000, "狸" * 50_000, "?" * 200_000]
)
def test_monotonous_texts_are_bounded(text: str) -> None:
    chunks = list(chunked(text, size=800, overlap=400))
    assert max(len(chunk.text) for chunk in chunks) <= 800 * 16
    assert "".join(chunk.text for chunk in chunks).startswith(text[:800])
    assert chunks[-1].start + len(chunks[-1].text) == len(text)


def test_cuts_between_paragraphs_then_sentences_then_words() -> None:
    paragraphs = "\n\n".join(" ".join(["some words here"] * 8) + "." for _ in range(40))
    for chunk in list(chunked(paragraphs, size=120, overlap=0))[:-1]:
        assert chunk.text.endswith("\n\n")
    words = "unending " * 2000
    assert all(
        set(chunk.text.split()) == {"unending"} for chunk in chunked(words, size=100, overlap=40)
    )


def test_the_estimate_of_plain_english() -> None:
    words = "The quick brown fox jumps over the lazy dog, and nobody understands why. " * 50
    assert 1.0 <= count_tokens(words) / len(words.split()) <= 1.5
