"""JSON as people keep it: one value, several after each other, or one a line. Pure.

Stricter than `json`: what a reader would lose without a word (a key given twice, half of a
character, a number that is none) is a flaw with a place.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, Final

DEPTH: Final = 100
"""Levels of nesting; no object of the API comes near."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # what a redirection in PowerShell writes
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotJson(Exception):
    """The text is no JSON; ``at`` says where, as far as it is known."""

    def __init__(self, message: str, at: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


def decoded(data: bytes) -> str:
    """The text of a file.

    Raises:
        NotJson: it is neither UTF-8 nor marked as UTF-16.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1}"
        raise NotJson("this is not UTF-8 text", place, "save it as UTF-8") from None


def values(text: str) -> list[tuple[str, Any]]:
    """Every value of ``text`` with its line, in order. Linear in the size of the text.

    Raises:
        NotJson: one of them can't be read.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_once_each, parse_constant=_no_number, parse_int=_whole
    )
    try:
        return list(_values(decoder, text))
    except json.JSONDecodeError as error:
        raise _explained(error, text) from None
    except RecursionError:
        raise NotJson("values are nested too deep") from None


def _values(decoder: json.JSONDecoder, text: str) -> Iterator[tuple[str, Any]]:
    index, line, counted = _skip(text, 0), 1, 0
    while index < len(text):
        line += text.count("\n", counted, index)
        counted = index
        try:
            value, after = decoder.raw_decode(text, index)
        except NotJson as error:
            raise NotJson(error.message, f"line {line}", error.hint) from None
        _sound(value, f"line {line}")
        yield f"line {line}", value
        index = _skip(text, after)


def _skip(text: str, index: int) -> int:
    """Past white space, as JSON has it."""
    while index < len(text) and text[index] in " \t\r\n":
        index += 1
    return index


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJson(f"the key {twice!r} is given twice in one object", "", "keep one of the two")
    return result


def _no_number(word: str) -> float:
    raise NotJson(f"{word} is no JSON", "", "write a number or null")


def _whole(digits: str) -> int:
    if len(digits) > 100:
        raise NotJson("a number is too large", "", "shorten it")
    return int(digits)


def nested_too_deep(value: Any) -> bool:
    """Whether a value has more than `DEPTH` levels. Linear, and flat itself."""
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _sound(value: Any, at: str) -> None:
    if nested_too_deep(value):
        raise NotJson(f"values are nested more than {DEPTH} levels deep", at)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotJson(
            "an escape such as \\ud83d stands for half a character",
            at,
            "write the dump anew, with whole characters",
        ) from None


def _explained(error: json.JSONDecodeError, text: str) -> NotJson:
    at = f"{error.lineno}:{error.colno}"
    if not text.strip():
        return NotJson("the file is empty")
    if error.pos >= len(text.rstrip()):
        return NotJson("the JSON ends too early", at, "the dump was cut off: write it anew")
    return NotJson(f"not JSON: {error.msg}", at, "mend it there, or write the dump anew")
