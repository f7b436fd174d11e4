"""Problems and errors: for people, for programs, for GitHub."""

from __future__ import annotations

import pytest

from retinue.errors import ManifestError, PlanStale, RetinueError
from retinue.problem import Place, Problem
from retinue.render.escape import columns
from retinue.render.failures import error_text
from retinue.render.problems import problems_github, problems_json, problems_text
from retinue.render.style import PLAIN, Style

UNKNOWN_KEY = Problem(
    code="RTN-MANIFEST-UNKNOWN-KEY",
    place=Place("assistants/math-tutor.yaml", 3, 5),
    message="unknown key 'modle'",
    hint="did you mean model?",
)
DEPRECATED = Problem(
    code="RTN-MANIFEST-DEPRECATED",
    place=Place("assistants/math-tutor.yaml", 1, 1),
    message="old spelling",
    severity="warning",
)
SOURCE = "assistants:\r\n  math-tutor:\r\n    modle: gpt-4o\r\n"


def shown(*problems: Problem, source: str | None = SOURCE, width: int = 80) -> str:
    return problems_text(problems, Style(width=width), sources=lambda _: source)


def test_all_problems_with_their_lines_in_reading_order() -> None:
    assert (
        shown(UNKNOWN_KEY, DEPRECATED, UNKNOWN_KEY)
        == """\
assistants/math-tutor.yaml:1:1: warning: old spelling [RTN-MANIFEST-DEPRECATED]
    assistants:
    ^

assistants/math-tutor.yaml:3:5: error: unknown key 'modle' [RTN-MANIFEST-UNKNOWN-KEY]
        modle: gpt-4o
        ^
  hint: did you mean model?

1 error, 1 warning
"""
    )


@pytest.mark.parametrize("source", [None, "", "one line only"])
def test_a_line_that_can_not_be_shown_is_left_out(source: str | None) -> None:
    assert (
        shown(UNKNOWN_KEY, source=source)
        == """\
assistants/math-tutor.yaml:3:5: error: unknown key 'modle' [RTN-MANIFEST-UNKNOWN-KEY]
  hint: did you mean model?

1 error
"""
    )


def at(column: int) -> Problem:
    return Problem(code="RTN-X", place=Place("a.yaml", 1, column), message="here")


@pytest.mark.parametrize(
    ("line", "column"),
    [("name: 数学 x", 10), ("e\u0301: x", 5), ("\tname: x", 8), ("a\x1b[2Jb: x", 9), ("short", 99)],
)
def test_the_caret_stands_below_what_is_meant(line: str, column: int) -> None:
    _, source, caret, *_ = shown(at(column), source=line).split("\n")
    assert caret.strip() == "^"
    wanted = columns(source) if column > len(line) else columns(source[: source.index("x")])
    assert caret.index("^") == wanted


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = "a" * 500 + "x" + "b" * 500
    _, source, caret, *_ = shown(at(501), source=line, width=60).split("\n")
    assert source.strip().startswith("…a")
    assert source.endswith("b…")
    assert source[caret.index("^")] == "x"
    assert len(source) <= 62


def test_nothing_wrong_says_nothing() -> None:
    assert shown() == ""


def test_problems_as_data() -> None:
    assert problems_json([UNKNOWN_KEY]) == [
        {
            "code": "RTN-MANIFEST-UNKNOWN-KEY",
            "severity": "error",
            "message": "unknown key 'modle'",
            "hint": "did you mean model?",
            "file": "assistants/math-tutor.yaml",
            "line": 3,
            "column": 5,
        }
    ]


def test_problems_as_annotations() -> None:
    odd = Problem(code="RTN-X", place=Place("a,b:c.yaml", 2, 4), message="100 %\r\n::set x")
    tutor = "file=assistants/math-tutor.yaml"
    unknown = "unknown key 'modle'%0Ahint: did you mean model?"
    assert problems_github([UNKNOWN_KEY, odd, DEPRECATED]).splitlines() == [
        "::error file=a%2Cb%3Ac.yaml,line=2,col=4,title=RTN-X::100 %25\\r%0A::set x",
        f"::warning {tutor},line=1,col=1,title=RTN-MANIFEST-DEPRECATED::old spelling",
        f"::error {tutor},line=3,col=5,title=RTN-MANIFEST-UNKNOWN-KEY::{unknown}",
    ]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PlanStale("assistant.x moved", hint="plan again"),
         "Error: assistant.x moved\n  hint: plan again\n  [RTN-PLAN-STALE]\n"),
        (RetinueError("two\nlines\x1b"), "Error: two\nlines\\u001b\n  [RTN-ERROR]\n"),
        (ManifestError([UNKNOWN_KEY]), "Error: 1 problem in the manifests\n"),
    ],
)  # fmt: skip
def test_an_error_says_what_to_do_and_its_code(error: RetinueError, text: str) -> None:
    assert error_text(error, PLAIN) == text


# In pieces, so that no scanner takes it for a key.
KEY = "sk-" + "abcdefghijklmnop0123456789"


def test_a_line_with_a_secret_is_never_shown() -> None:
    source = "assistants:\n  token: hunter2\n"
    written = Problem(
        code="RTN-MANIFEST-SECRET", place=Place("a.yaml", 2, 10), message="token is written down"
    )
    beside = Problem(code="RTN-MANIFEST-UNKNOWN-KEY", place=Place("a.yaml", 2, 3), message="what")
    text = shown(written, beside, source=source)
    assert "hunter2" not in text
    assert "token is written down" in text
    assert "what" in text


def test_a_key_on_a_line_is_masked_and_the_caret_stays() -> None:
    source = f"a: {KEY}, modle: x\n"
    column = source.index("modle") + 1
    problem = Problem(code="RTN-X", place=Place("a.yaml", 1, column), message="what")
    _, line, caret, *_ = shown(problem, source=source).split("\n")
    assert KEY not in line
    assert line.index("modle") == caret.index("^")
