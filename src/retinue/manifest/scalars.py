"""Plain YAML scalars as YAML 1.2 core values, minus the surprises.

``no``, ``on``, ``0123``, ``12:30`` and dates stay text. Numbers that JSON or 64 bits can't
carry are refused. This module knows neither files nor places.
"""

from __future__ import annotations

import math
import re
from typing import Final

from retinue.manifest.model import Json

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OCTAL_OR_HEX: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LARGEST: Final = 2**63 - 1

YAML_1_1_BOOLEANS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})
"""Words (in lower case) that YAML 1.1 took for booleans; here they are text."""


class UnfitNumber(ValueError):
    """The scalar is a number that can't be carried: not finite, or beyond 64 bits."""


def resolve(text: str) -> Json:
    """Return what the plain (unquoted, untagged) scalar ``text`` means.

    Raises:
        UnfitNumber: a number that JSON or 64 bits can't carry.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    return _number_or_text(text)


def _number_or_text(text: str) -> Json:
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _OCTAL_OR_HEX.fullmatch(text):
        return _integer(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return _finite(text)
    if _NOT_FINITE.fullmatch(text):
        raise UnfitNumber(f"{text} is not a number that can be sent to a platform")
    return text


def _integer(digits: str, base: int) -> int:
    # The length first: Python refuses to convert thousands of digits, and slowly so.
    if len(digits) <= 64 and abs(value := int(digits, base)) <= _LARGEST:
        return value
    raise UnfitNumber(f"the integer of {len(digits)} digits does not fit into 64 bits")


def _finite(text: str) -> float:
    value = float(text)
    if math.isfinite(value):
        return value
    raise UnfitNumber(f"{text[:20]} is too large for a number")
