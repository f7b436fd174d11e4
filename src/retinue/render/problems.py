"""Problems in what the user wrote: for people with the line and a caret, for programs, for GitHub.

All of them, in reading order. Pure: ``sources`` answers with the text of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from retinue.manifest.keys import masked
from retinue.manifest.leaks import SHOWS_SECRET
from retinue.problem import Place, Problem, in_reading_order
from retinue.render.escape import columns, counted, paragraph, visible
from retinue.render.style import Style, Tone

Sources = Callable[[str], str | None]
"""The text of a file by its path in places; None where it can't be read."""

_TONES = {"error": Tone.ALARM, "warning": Tone.CAUTION}


def problems_text(problems: Iterable[Problem], style: Style, *, sources: Sources) -> str:
    """``file:line:column: error: message``, the line with a caret, the hint; then the figures."""
    ordered = in_reading_order(problems)
    if not ordered:
        return ""

    @cache
    def lines(file: str) -> list[str]:
        text = (sources(file) or "").replace("\r\n", "\n").split("\n")
        secret = {each.place.line for each in ordered if _at_secret(each, file)}
        return ["" if number in secret else line for number, line in enumerate(text, 1)]

    parts = ["\n".join(_problem(problem, style, lines)) for problem in ordered]
    return "\n\n".join([*parts, problems_figures(ordered)]) + "\n"


def _at_secret(problem: Problem, file: str) -> bool:
    return problem.place.file == file and problem.code in SHOWS_SECRET


def problems_figures(problems: Sequence[Problem]) -> str:
    """How many of each severity, e.g. ``2 errors, 1 warning``; empty where there is none."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    figures = [counted(errors, "error")] if errors else []
    return ", ".join([*figures, *([counted(warnings, "warning")] if warnings else [])])


def _problem(problem: Problem, style: Style, lines: Callable[[str], list[str]]) -> Iterator[str]:
    place = style.paint(visible(str(problem.place)), Tone.BOLD)
    severity = style.paint(f"{problem.severity}:", _TONES[problem.severity])
    code = style.paint(f"[{visible(problem.code)}]", Tone.DIM)
    yield f"{place}: {severity} {paragraph(problem.message)} {code}"
    yield from _excerpt(problem.place, style, lines(problem.place.file))
    if problem.hint:
        yield f"  hint: {paragraph(problem.hint)}"


def _excerpt(place: Place, style: Style, lines: list[str]) -> Iterator[str]:
    """The line that a problem is on, cut to the width, and a caret below."""
    if not 1 <= place.line <= len(lines) or not lines[place.line - 1].strip():
        return
    text = masked(lines[place.line - 1])
    at = min(max(place.column - 1, 0), len(text))
    room = max(20, style.width - 4)
    start = 0 if at < room * 2 // 3 else at - room // 3
    before = ("…" if start else "") + _one_line(text[start:at])
    after = _one_line(text[at : start + room]) + ("…" if start + room < len(text) else "")
    yield f"    {before}{after}".rstrip()
    yield f"    {' ' * columns(before)}{style.paint('^', Tone.GOOD)}"


def _one_line(text: str) -> str:
    return visible(text.replace("\t", "    "))


def problems_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as data for ``--json``."""
    return [
        {
            "code": problem.code,
            "severity": problem.severity,
            "message": problem.message,
            "hint": problem.hint,
            "file": problem.place.file,
            "line": problem.place.line,
            "column": problem.place.column,
        }
        for problem in in_reading_order(problems)
    ]


def problems_github(problems: Iterable[Problem]) -> str:
    """Problems as workflow commands, which GitHub shows as annotations; a line each.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(f"{_annotation(problem)}\n" for problem in in_reading_order(problems))


def _annotation(problem: Problem) -> str:
    place = problem.place
    properties = {
        "file": place.file,
        "line": str(place.line),
        "col": str(place.column),
        "title": problem.code,
    }
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    message = problem.message + (f"\nhint: {problem.hint}" if problem.hint else "")
    return f"::{problem.severity} {listed}::{_data(paragraph(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
