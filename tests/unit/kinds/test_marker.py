"""The marker: what is written is read; nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.address import Address
from retinue.kinds.marker import KEY, MAX_LENGTH, Marker, Owner, without_marker

WORDS = st.from_regex(r"\A[a-z0-9][a-z0-9_.-]{0,62}\Z")
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}\Z")
MARKERS = st.builds(
    Marker,
    st.builds(Owner, WORDS, WORDS),
    st.builds(Address, st.sampled_from(["assistant", "vector_store"]), NAMES),
    st.from_regex(r"\A[0-9a-f]{16}\Z"),
)


@given(MARKERS)
def test_what_is_written_is_read(marker: Marker) -> None:
    assert Marker.read({KEY: str(marker), "other": "x"}) == marker
    assert len(str(marker)) <= MAX_LENGTH


def test_a_name_may_be_a_path() -> None:
    marker = Marker(Owner("demo", "prod"), Address("file", "docs/week 1.md"), "op")
    assert Marker.read({KEY: str(marker)}) == marker


@pytest.mark.parametrize(
    "text",
    ["", "1", "1/op/demo/prod", "2/op/demo/prod/file.a", "1/op/demo/prod/nonsense",
     "1/op/d/p/", 7, None],
)  # fmt: skip
def test_what_we_do_not_understand_is_no_marker(text: object) -> None:
    assert Marker.read({KEY: text}) is None


def test_no_metadata_is_no_marker() -> None:
    assert Marker.read(None) is None
    assert Marker.read({}) is None


def test_users_do_not_see_it() -> None:
    assert without_marker({KEY: "1/x", "team": "a"}) == {"team": "a"}
    assert without_marker(None) == {}
