"""Which of the files that name each other are manifests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.manifest.apart import told_apart

NAMES = "abcdef"
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)), min_size=1).map(
    lambda graph: {name: named - {name} for name, named in graph.items()}
)


@pytest.mark.parametrize(
    ("mentions", "kept", "circles"),
    [
        ({"a": "", "b": ""}, "ab", []),
        ({"a": "b", "b": ""}, "a", []),
        ({"a": "b", "b": "c", "c": ""}, "ac", []),  # b is no manifest: what it says means nothing
        ({"a": "b", "b": "a"}, "ab", ["ab"]),
        ({"a": "b", "b": "a", "c": ""}, "abc", ["ab"]),
        ({"a": "bd", "b": "a", "d": ""}, "ab", ["ab"]),
        ({"a": "c", "b": "a", "c": "b"}, "abc", ["acb"]),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, "abcd", ["ab", "cd"]),
        ({"a": "b", "b": "c", "c": "b"}, "ac", []),
        ({"a": "zz"}, "a", []),
    ],
    ids=str,
)
def test_what_no_manifest_names_is_one(
    mentions: dict[str, str], kept: str, circles: list[str]
) -> None:
    assert told_apart({name: set(named) for name, named in mentions.items()}) == (
        set(kept),
        [list(circle) for circle in circles],
    )


@given(GRAPHS)
def test_nothing_vanishes_that_no_manifest_names(mentions: dict[str, set[str]]) -> None:
    kept, circles = told_apart(mentions)
    in_circles = {name for circle in circles for name in circle}
    assert in_circles <= kept
    for name in mentions:
        named = any(name in mentions[other] for other in kept)
        assert (name in kept) is (not named or name in in_circles)
    for circle in circles:
        for one, next_ in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert next_ in mentions[one]
