"""What is shown of one attribute that differs, case by case in ``values.yaml``."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from retinue.address import Address
from retinue.kinds.values import Sealed, Unknown
from retinue.render.changes import changed
from retinue.render.forms import View
from retinue.render.lines import Block, Piece, Sign, for_terminal
from retinue.render.style import PLAIN, Tone
from retinue.render.values import MAX_DEPTH, Spot, label_of, whole

CASES = yaml.safe_load((Path(__file__).parent / "values.yaml").read_text("utf-8"))
NAMES = {"file-old": "file.paper"}


def value(written: Any) -> Any:
    """A value as the cases write it: ``$ref`` is an ID known later, ``$sealed`` a secret."""
    match written:
        case {"$ref": address}:
            return Unknown(Address.parse(address))
        case {"$sealed": fingerprint}:
            return Sealed(fingerprint)
        case dict():
            return {key: value(item) for key, item in written.items()}
        case list():
            return [value(item) for item in written]
    return written


def shown(old: Any, new: Any, *, attribute: str = "x", full_text: bool = False) -> str:
    view = View(full_text=full_text, names=NAMES)
    lines = changed(Spot(view, 0, label_of(attribute), attribute), old, new)
    return textwrap.dedent(for_terminal(Block((), tuple(lines)), PLAIN))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_changed_attribute(case: dict[str, Any]) -> None:
    options = {name: case[name] for name in ("attribute", "full_text") if name in case}
    text = shown(value(case["old"]), value(case["new"]), **options)
    assert text == case["expect"].rstrip("\n")


def nested(depth: int, leaf: Any) -> Any:
    value = leaf
    for _ in range(depth):
        value = {"k": [value]}
    return value


def test_absurd_depth_ends_on_one_line() -> None:
    text = shown(nested(200, 1), nested(200, 2))
    assert text.count("\n") < 3 * MAX_DEPTH
    assert shown("[" * 5_000, "[" * 5_001)


def test_a_value_too_deep_for_json_is_cut() -> None:
    lines = whole(Spot(View(), MAX_DEPTH, "x = ", "x"), Sign.ADD, nested(20_000, 1))
    assert lines[0].pieces[-1] == "…"


def test_what_json_can_not_say_is_still_compared() -> None:
    assert shown([{1: {2}}], [{1: {3}}]).splitlines()[2] == '        ~ "1" = "{2}" -> "{3}"'


def test_lines_of_very_many_words_are_compared_at_their_ends() -> None:
    old, new = (" ".join(f"{word}{n}" for n in range(2_500)) for word in "ab")
    same = "same " * 4_000
    text = shown(f"{same}{old} end", f"{same}{new} end")
    assert re.fullmatch(r'~ x = "… (same )+\[-a0 [^]]+ a2499-\]\{\+b0 [^}]+ b2499\+\} end"', text)


def test_many_changed_lines_in_a_row_are_not_paired() -> None:
    old = [f"Rule {number}: stay calm" for number in range(150)]
    new = [f"Rule {number}: keep calm" for number in range(149)]
    lines = shown("\n".join(old), "\n".join(new)).splitlines()
    assert [line.strip()[0] for line in lines[2:-1]] == ["-"] * 150 + ["+"] * 149


def test_lines_are_paired_by_likeness_where_their_number_changes() -> None:
    old = "Keep this rule as it is now\nLast one here\n"
    new = "Something new\nKeep this rule as it was then\nLast two here\n"
    view = View()
    lines = changed(Spot(view, 0, "x = ", "x"), old, new)
    marked = [piece.text for line in lines for piece in line.pieces
              if isinstance(piece, Piece) and piece.tone in (Tone.GONE, Tone.NEW)]  # fmt: skip
    assert marked == ["is now", "one", "was then", "two"]


def test_long_json_in_a_new_value_is_a_structure() -> None:
    text = shown(None, '{"type": "object", "properties": {}, "description": "' + "x" * 80 + '"}')
    assert text.startswith('+ x = jsonencode(\n    + {\n        + type        = "object"\n')


@pytest.mark.parametrize("item", [7, {"id": 7}, {"file": "file.a"}])
def test_a_list_that_is_not_what_its_name_says_is_shown_as_it_is(item: Any) -> None:
    text = shown([item], [item, "file-old"], attribute="files")
    assert '+ "file-old"' in text
    assert "(1 unchanged element hidden)" in text


def test_a_long_line_that_comes_is_cut_unless_all_is_wanted() -> None:
    text = "word " * 100
    assert shown(None, text) == '+ x = "' + "word " * 60 + '" … (200 more characters)'
    assert shown(None, text, full_text=True) == f'+ x = "{text}"'


def test_a_tool_whose_options_clash_keeps_its_wrapping() -> None:
    tool = {"type": "web_search", "web_search": {"size": 1}, "size": 2}
    wider = {**tool, "web_search": {"size": 3}}
    assert shown([tool], [wider], attribute="tools").splitlines()[1:4] == [
        "    ~ web_search {",
        "        ~ web_search = {",
        "            ~ size = 1 -> 3",
    ]
