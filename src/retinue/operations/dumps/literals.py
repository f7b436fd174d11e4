"""Objects that a notebook showed: Python or JSON literals in the middle of other text. Pure.

Nothing is evaluated: `ast.literal_eval` reads constants alone, and only what looks like an object
of the API is given to it at all.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from retinue.operations.dumps.json_text import nested_too_deep

MOST: Final = 1_000_000
"""Characters of one literal; longer ones are passed over."""

_START: Final = re.compile(r"^[ \t]*(?P<open>\[?[ \t\n]*\{[ \t\n]*['\"])", re.MULTILINE)
_TOKEN: Final = re.compile(r"""[\[{(]|[\]})]|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|['"]""")
_WORTH: Final = ("asst_", "vs_", "'assistant'", '"assistant"')
"""What an object that we could use has in it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A literal and its line. ``value`` is None where it can't be read."""

    line: int
    value: Any


def literals(text: str) -> list[Shown]:
    """Every mapping, or list of them, that starts a line and could be of the API.

    Reads each character once, but for literals that never end.
    """
    return list(_literals(text))


def _literals(text: str) -> Iterator[Shown]:
    index, line, counted, spent = 0, 1, 0, 0
    while (match := _START.search(text, index)) and spent < 20 * len(text) + MOST:
        start = match.start("open")
        line += text.count("\n", counted, start)
        counted = start
        end = _end(text, start)
        spent += abs(end) - start
        written = text[start : abs(end)]
        index = end if end > 0 else match.end()
        if any(word in written for word in _WORTH):
            yield Shown(line, _read(written) if end > 0 else None)


def _end(text: str, start: int) -> int:
    """Where the literal ends; where it breaks off, as a negative number."""
    depth = 0
    stop = min(len(text), start + MOST)
    for token in _TOKEN.finditer(text, start, stop):
        if token[0] in "[{(":
            depth += 1
        elif token[0] in "]})":
            depth -= 1
        elif len(token[0]) == 1:  # a quote that its line does not close
            return -token.end()
        if depth == 0:
            return token.end()
    return -stop


def _read(written: str) -> Any:
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        value = _evaluated(written)
    return None if nested_too_deep(value) else value


def _evaluated(written: str) -> Any:
    """A Python literal as JSON would have it: tuples as lists, keys as texts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in what somebody's prompt says
            value = ast.literal_eval(written)
        plain = json.dumps(value, ensure_ascii=False, allow_nan=False)
        plain.encode()
        return json.loads(plain)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
