from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from retinue.manifest.source import parse, position, read_document, read_text
from retinue.manifest.spots import Document, Spot

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for inner in value.values() for text in texts_in(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner)]
    return [value] if isinstance(value, str) else []


def same_in_both_versions(text: str) -> bool:
    """Whether PyYAML, which writes YAML 1.1, quotes a text that YAML 1.2 would read as a number.

    It does not for 1e5 or 0o7, which are text to it.
    """
    document = parse(yaml.safe_dump(text), "a.yaml")
    return document.value == text


@given(VALUES)
@example({"<<": 1, "=": "x", "~": "", "yes": "no", "é😀": "\u2028\x85\x07"})
@example([[], {}, [[{}]], {"": ""}])
def test_what_pyyaml_writes_is_read_as_it_was_meant(value: Any) -> None:
    assume(all(same_in_both_versions(text) for text in texts_in(value)))
    document = parse(yaml.safe_dump(value), "a.yaml")
    assert document.problems == ()
    assert document.value == value


@given(VALUES, st.booleans())
def test_every_place_points_at_what_stands_there(value: Any, flow: bool) -> None:  # noqa: FBT001
    text = yaml.safe_dump({"top": value}, default_flow_style=flow, allow_unicode=False, width=9999)
    document = parse(text, "a.yaml")
    lines = text.split("\n")
    for spot, found in spots_of(document.spot, document.value):
        line, column = spot.at
        written = lines[line - 1][column - 1 :]
        for key, (key_line, key_column) in (spot.keys or {}).items():
            if "\n" not in key:  # such a key goes on in the next line
                assert parse_start(lines[key_line - 1][key_column - 1 :]) == key
        if isinstance(found, int) and not isinstance(found, bool):
            assert written.startswith(str(found))
        elif isinstance(found, list):
            assert written[0] in "[-"


def spots_of(spot: Spot, value: Any) -> list[tuple[Spot, Any]]:
    below: list[tuple[Spot, Any]] = []
    if isinstance(spot.entries, dict):
        below = [each for key in value for each in spots_of(spot.entries[key], value[key])]
    elif isinstance(spot.entries, list):
        pairs = zip(spot.entries, value, strict=True)
        below = [each for inner, item in pairs for each in spots_of(inner, item)]
    return [(spot, value), *below]


def parse_start(written: str) -> str:
    """Read the key that a line's rest starts with, as PyYAML does."""
    loader: Any = yaml.SafeLoader(written.removeprefix("? "))
    while not isinstance(event := loader.get_event(), yaml.ScalarEvent):
        pass
    return str(event.value)


def test_a_bom_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n")
    document = read_document(path, "a.yaml")
    assert document.value == {"a": 1, "b": "x\ny\n"}
    assert document.key_place(("a",)).column == 1


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path) -> None:
    document = read_document(tmp_path / "none.yaml", "none.yaml")
    assert document.broken
    assert [problem.code for problem in document.problems] == ["RTN-MANIFEST-UNREADABLE"]


def test_text_of_any_size_up_to_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("é" * 100, encoding="utf-8")
    assert read_text(tmp_path / "a.md", "a.md") == ("é" * 100, None)


@pytest.mark.parametrize(
    ("index", "expected"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 3))]
)
def test_positions_count_from_one(index: int, expected: tuple[int, int]) -> None:
    assert position("ab\ncde", index) == expected


def test_json_escapes_that_are_no_pair_are_left_to_the_parser() -> None:
    assert parse('{"a": "\\ud83d\\ude00"}', "a.json").value == {"a": "😀"}
    assert parse('{"a": "\\ud83dx"}', "a.json").broken
    assert parse('{"a": "\\ud83d\\udczz"}', "a.json").broken


@pytest.mark.parametrize("brackets", ["[", "{", "- ", "[{"])
def test_a_small_file_of_brackets_crashes_nothing(brackets: str) -> None:
    document = parse(brackets * 100_000, "a.yaml")
    assert [problem.code for problem in document.problems][-1] in {
        "RTN-MANIFEST-DEPTH",
        "RTN-MANIFEST-KEY",
        "RTN-MANIFEST-SYNTAX",
    }


@given(st.text(max_size=60) | st.text("{}[]:-&*!|>'\"#%@`<?, \n\tab1", max_size=60))
def test_no_text_at_all_crashes_the_reader(text: str) -> None:
    document = parse(text, "a.yaml")
    assert document.broken or isinstance(document, Document)
    assert document.problems or not document.broken
