"""What is shown of one attribute that differs, case by case in ``values.yaml``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from retinue.kinds.values import decode
from retinue.render.changes import changed
from retinue.render.forms import View
from retinue.render.lines import Block, Sign, for_terminal
from retinue.render.style import PLAIN
from retinue.render.values import MAX_DEPTH, Spot, label_of, whole

CASES = yaml.safe_load((Path(__file__).parent / "values.yaml").read_text("utf-8"))
NAMES = {"file-old": "file.paper"}


def shown(old: Any, new: Any, *, attribute: str = "x", full_text: bool = False) -> str:
    view = View(full_text=full_text, names=NAMES)
    lines = changed(Spot(view, 0, label_of(attribute), attribute), old, new)
    return textwrap.dedent(for_terminal(Block((), tuple(lines)), PLAIN))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_changed_attribute(case: dict[str, Any]) -> None:
    options = {name: case[name] for name in ("attribute", "full_text") if name in case}
    text = shown(decode(case["old"]), decode(case["new"]), **options)
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


def test_a_tool_whose_options_clash_keeps_its_wrapping() -> None:
    tool = {"type": "web_search", "web_search": {"size": 1}, "size": 2}
    wider = {**tool, "web_search": {"size": 3}}
    assert shown([tool], [wider], attribute="tools").splitlines()[1:4] == [
        "    ~ web_search {",
        "        ~ web_search = {",
        "            ~ size = 1 -> 3",
    ]
