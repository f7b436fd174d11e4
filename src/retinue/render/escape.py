"""Text that is safe to show: what a terminal would obey, or nobody could see, is spelt out.

Prompts come from files and from the platform; an escape sequence in one must not move the cursor,
and an invisible character must not hide a change. Pure.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

_ALWAYS = (
    r"\x00-\x1f\x7f-\x9f"  # control characters: the terminal obeys them
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"  # invisible
    r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"  # tags and their like: text that only a model reads
    r"\ud800-\udfff"  # half a character: can't be encoded
)
_JOINER = "[\u200c\u200d]"  # needed between the parts of an emoji and in some scripts, else a trick
_SCRIPT = "\u0300-\u2000\u2070-\ud7ff\uf900-\ufdff\ufe00-\ufe0f\ufe70-\ufefc\U00010000-\U0001ffff"
_UNSEEN = re.compile(
    f"[{_ALWAYS}]"
    f"|(?<![{_SCRIPT}]){_JOINER}|{_JOINER}(?![{_SCRIPT}])"
    "|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]"  # one variation selector is a style, more are a message
)
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_JSON = json.JSONEncoder(ensure_ascii=False, default=str, skipkeys=True)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def visible(text: str) -> str:
    """Spell out every character that a terminal would obey or nobody could see."""
    if text.isprintable() and text.isascii():
        return text
    return _UNSEEN.sub(_spelt, text)


def _spelt(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def paragraph(text: str) -> str:
    """As `visible`, but line ends stay and tabs become spaces: for messages of several lines."""
    return "\n".join(visible(line.expandtabs(4)) for line in text.split("\n"))


def quoted(text: str) -> str:
    """A string as a JSON literal that is safe to show."""
    return visible(_JSON.encode(text))


def literal(value: Any) -> str:
    """Any JSON value on one line, safe to show. What is no JSON is shown by its own name."""
    if isinstance(value, str):
        return quoted(value)
    return visible(_JSON.encode(value))


def key(name: Any) -> str:
    """A mapping's key: bare where it reads as a name, else quoted."""
    text = str(name)
    return text if _NAME.fullmatch(text) else quoted(text)


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """``1 object``, ``2 objects``."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def clipped(text: str, limit: int) -> str:
    """Cut a long text, saying how much is missing."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({counted(len(text) - limit, 'more character')})"


def columns(text: str) -> int:
    """How many columns a terminal uses for ``text``."""
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fitted(text: str, width: int) -> str:
    """Cut a line to ``width`` columns, the last of which says so."""
    if columns(text) <= width:
        return text
    room = width - 1
    for number, character in enumerate(text):
        room -= _width(character)
        if room < 0:
            return f"{text[:number]}…"
    return text
