"""Filters over the attributes of files: how they are checked, and whether a file meets one. Pure.

The forms are OpenAI's: a comparison {type, key, value} or a compound {type: and|or, filters}.
OpenAI leaves open what follows; here an attribute that isn't there differs from every value (so
``ne`` and ``nin`` hold, the others don't), texts are compared with texts and numbers with numbers,
and true is not 1.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from retinue.local import checks, refusals

_DEEPEST = 16
_MOST = 200

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_EQUAL = ("eq", "ne")
_WITHIN = ("in", "nin")
_COMPOUND = ("and", "or")


def check(value: object, param: str) -> dict[str, Any]:
    """A filter as a request carries it; for ``checks.record``."""
    return _check(value, param, _DEEPEST)


def _check(value: object, param: str, depth: int) -> dict[str, Any]:
    if depth == 0:
        raise refusals.invalid(param, "filters are nested too deeply.")

    def inner(value: object, param: str) -> dict[str, Any]:
        return _check(value, param, depth - 1)

    compound = checks.record(
        required={"type": _KIND, "filters": checks.items(inner, least=1, most=_MOST)}
    )
    kinds = dict.fromkeys(_COMPOUND, compound)
    checked: dict[str, Any] = checks.tagged(**_COMPARISONS, **kinds)(value, param)
    return checked


def _scalar(value: object, param: str) -> object:
    if not isinstance(value, str | int | float | bool):
        raise refusals.wrong_type(param, "one of a string, number or boolean", value)
    return value


_KIND = checks.text()


def _comparison(value: checks.Check) -> checks.Check:
    return checks.record(required={"type": _KIND, "key": checks.text(), "value": value})


_COMPARISONS = {
    **dict.fromkeys((*_EQUAL, *_ORDERED), _comparison(_scalar)),
    **dict.fromkeys(_WITHIN, _comparison(checks.items(_scalar, most=1000))),
}


def meets(attributes: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether ``attributes`` meet a checked filter."""
    kind = wanted["type"]
    if kind == "and":
        return all(meets(attributes, each) for each in wanted["filters"])
    if kind == "or":
        return any(meets(attributes, each) for each in wanted["filters"])
    own, value = attributes.get(wanted["key"]), wanted["value"]
    if kind in _EQUAL:
        return _same(own, value) is (kind == "eq")
    if kind in _WITHIN:
        return any(_same(own, each) for each in value) is (kind == "in")
    return _comparable(own, value) and bool(_ORDERED[kind](own, value))


def _same(own: object, value: object) -> bool:
    return isinstance(own, bool) == isinstance(value, bool) and bool(own == value)


def _comparable(own: object, value: object) -> bool:
    return (isinstance(own, str) and isinstance(value, str)) or (_number(own) and _number(value))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
