"""Whatever a prompt holds: nothing raises, nothing gets out, nothing is lost."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.render import plans
from tests.unit.render.plans import PAPER, SAFE, TUTOR, plan
from tests.unit.render.test_markdown import balanced

from retinue.engine.diff import Drift
from retinue.engine.plan import Action
from retinue.engine.safety import Refusal, Verdict
from retinue.kinds.values import Unknown
from retinue.render.escape import quoted
from retinue.render.hunks import hunks, split_lines
from retinue.render.lines import Sign
from retinue.render.markdown import plan_markdown
from retinue.render.style import PLAIN, Style
from retinue.render.text import plan_text
from retinue.render.words import compare

ANSI = re.compile(r"\x1b\[[0-9;]+m")
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

HOSTILE = st.sampled_from(
    ["\x1b[2J", "\n", "```", "~~~", "</details>", "\r", "\t", "-->", "\ud800", "\u202e", "{", "[",
     "EOT", "word ", "  ", "@@"]
)  # fmt: skip
TEXT = st.one_of(
    st.text(st.characters(), max_size=80),
    st.lists(st.one_of(HOSTILE, st.text(max_size=6)), max_size=30).map("".join),
)
LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.just(Unknown(PAPER))
)
JSON = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(TEXT, st.sampled_from(["type", "id", "file", "name"])), inner,
                        max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip
NAMES = st.sampled_from(
    ["instructions", "tools", "tool_resources", "files", "metadata", "name", "bytes", "sha256",
     "marker", "response_format"]
)  # fmt: skip
VALUES = st.dictionaries(NAMES, JSON, max_size=5)


def rendered(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    changes = [
        plans.change(TUTOR, Action.CREATE, after=after, changed=tuple(after)),
        plans.change(PAPER, Action.REPLACE, id="file-1", before=before, after=after,
                     changed=tuple(after), upload=plans.upload()),
        plans.change(TUTOR, Action.DELETE, id="asst_1", before=before),
    ]  # fmt: skip
    drift = plans.drifted(*(Drift(name, before.get(name), after[name]) for name in after))
    notes = tuple(str(value) for value in after.values())
    subject = plan(*changes, drift=(drift,), notes=notes)
    return [
        plan_text(subject, SAFE, PLAIN),
        plan_text(subject, SAFE, PLAIN, full_text=True),
        ANSI.sub("", plan_text(subject, SAFE, Style(colour=True))),
    ]


@given(VALUES, VALUES)
def test_any_values_render_and_no_control_character_gets_out(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    for text in rendered(before, after):
        assert not RAW.search(text)
        text.encode()


def whole_characters(text: str) -> str:
    """Without halves of characters: a plan that holds one has no digest."""
    return text.encode("utf-8", "ignore").decode()


WHOLE = TEXT.map(whole_characters)


@given(WHOLE, WHOLE, st.integers(0, 3_000))
def test_markdown_keeps_its_limit_and_its_fences(before: str, after: str, limit: int) -> None:
    change = plans.update(TUTOR, {"instructions": before}, {"instructions": after})
    subject = plan(change, plans.delete_tutor(), notes=(before,), project=after or "x")
    verdict = Verdict((Refusal("RTN-X", before, after),))
    text = plan_markdown(subject, verdict, limit=limit)
    assert len(text) <= limit
    assert not RAW.search(text)
    assert balanced(text)


@given(TEXT, TEXT)
def test_words_put_together_are_the_lines(old: str, new: str) -> None:
    spans = compare(old, new)
    if spans is not None:
        assert "".join(span.old for span in spans) == old
        assert "".join(span.new for span in spans) == new


LINES = st.lists(st.sampled_from("abcde"), max_size=30).map("\n".join)


@given(LINES, LINES)
def test_full_hunks_hold_both_texts(old: str, new: str) -> None:
    lines = [
        (item.sign, "".join(piece if isinstance(piece, str) else piece.text
                            for piece in item.pieces))
        for item in hunks(0, old, new, full=True)
    ]  # fmt: skip
    shown = [(sign, text) for sign, text in lines if not text.startswith("\\")]
    if old != new:
        bare_old, bare_new = (
            [row.removesuffix("\n") for row in split_lines(text)] for text in (old, new)
        )
        assert [text for sign, text in shown if sign is not Sign.ADD] == bare_old
        assert [text for sign, text in shown if sign is not Sign.REMOVE] == bare_new


@given(TEXT, TEXT)
def test_texts_that_differ_never_come_out_as_nothing(old: str, new: str) -> None:
    if old == new:
        return
    change = plans.update(TUTOR, {"instructions": old}, {"instructions": new})
    text = plan_text(plan(change), SAFE, PLAIN)
    assert re.search(r"^ +[~+-] instructions", text, re.MULTILINE)
    if "\n" not in old + new and len(old) + len(new) < 40 and not old.startswith(("{", "[")):
        assert quoted(new) in text
