"""Checks of request values, composed from small parts.

A check takes a decoded JSON value and the parameter's path ("tools[0].function.name"), gives back
the value to keep, and raises the Refusal that OpenAI would answer with. Checks know nothing of
storage: whether a referenced object exists is for the families to say. The first problem wins,
as on OpenAI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from retinue.local import refusals

Check = Callable[[Any, str], Any]


def _within(param: str, key: str) -> str:
    return f"{param}.{key}" if param else key


def text(*, longest: int | None = None, shortest: int = 0, pattern: str | None = None) -> Check:
    """A string, counted in characters; ``pattern`` must match all of it."""
    compiled = re.compile(pattern) if pattern else None

    def check(value: object, param: str) -> str:
        if not isinstance(value, str):
            raise refusals.wrong_type(param, "a string", value)
        _length(value, param, "string", shortest, longest)
        if compiled and not compiled.fullmatch(value):
            reason = f"string does not match pattern. Expected a string that matches '{pattern}'."
            raise refusals.invalid(param, reason)
        return value

    return check


def _length(value: str | list[Any], param: str, noun: str, least: int, most: int | None) -> None:
    got = len(value)
    if most is not None and got > most:
        raise refusals.out_of_length(param, noun, bound="maximum", limit=most, got=got)
    if got < least:
        raise refusals.out_of_length(param, noun, bound="minimum", limit=least, got=got)


def integer(*, least: int, most: int) -> Check:
    """A whole number; JSON's true and false are not numbers."""

    def check(value: object, param: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refusals.wrong_type(param, "an integer", value)
        if not least <= value <= most:
            raise refusals.out_of_range(param, "integer", least=least, most=most, value=value)
        return value

    return check


def decimal(*, least: float, most: float) -> Check:
    """A number, kept as a float: the platform answers 1.0 where 1 was sent."""

    def check(value: object, param: str) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise refusals.wrong_type(param, "a decimal", value)
        if not least <= value <= most:
            raise refusals.out_of_range(param, "decimal", least=least, most=most, value=value)
        return float(value)

    return check


def flag(value: object, param: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise refusals.wrong_type(param, "a boolean", value)
    return value


def any_object(value: object, param: str) -> dict[str, Any]:
    """An object whose inside is the caller's own business, such as a JSON Schema."""
    if not isinstance(value, dict):
        raise refusals.wrong_type(param, "an object", value)
    return value


def choice(*allowed: str) -> Check:
    """One of a closed list of strings."""

    def check(value: object, param: str) -> str:
        if not isinstance(value, str):
            raise refusals.wrong_type(param, "a string", value)
        if value not in allowed:
            raise refusals.not_one_of(param, value, allowed)
        return value

    return check


def nullable(check: Check, *, default: object = None) -> Check:
    """``check``, or null, which stands for ``default``."""
    return lambda value, param: default if value is None else check(value, param)


def items(check: Check, *, most: int, least: int = 0) -> Check:
    """An array with ``check`` on every item."""

    def checked(value: object, param: str) -> list[Any]:
        if not isinstance(value, list):
            raise refusals.wrong_type(param, "an array", value)
        _length(value, param, "array", least, most)
        return [check(item, f"{param}[{index}]") for index, item in enumerate(value)]

    return checked


def pairs(check: Check, *, most: int, longest_key: int) -> Check:
    """An object used as a map: free keys up to a length, ``check`` on every value."""

    def checked(value: object, param: str) -> dict[str, Any]:
        entries = any_object(value, param)
        if len(entries) > most:
            raise refusals.too_many_properties(param, limit=most, got=len(entries))
        for key in entries:
            _length(key, _within(param, key), "string", 0, longest_key)
        return {key: check(item, _within(param, key)) for key, item in entries.items()}

    return checked


def record(
    fields: Mapping[str, Check] | None = None,
    /,
    *,
    required: Mapping[str, Check] | None = None,
    **optional: Check,
) -> Check:
    """An object with known keys, in ``fields`` or by keyword; gives back only those sent."""
    needed = dict(required or {})
    known = {**needed, **(fields or {}), **optional}

    def check(value: object, param: str) -> dict[str, Any]:
        sent = any_object(value, param)
        for key in sent:
            if key not in known:
                raise refusals.unknown(_within(param, key))
        for key in needed:
            if key not in sent:
                raise refusals.missing(_within(param, key))
        return {key: known[key](item, _within(param, key)) for key, item in sent.items()}

    return check


def tagged(**variants: Check) -> Check:
    """An object whose ``type`` says which of the checks it has to pass."""

    def check(value: object, param: str) -> dict[str, Any]:
        fields = any_object(value, param)
        at = _within(param, "type")
        if "type" not in fields:
            raise refusals.missing(at)
        kind = choice(*variants)(fields["type"], at)
        checked: dict[str, Any] = variants[kind](fields, param)
        return checked

    return check


def filled(check: Check, defaults: Mapping[str, Any]) -> Check:
    """``check`` of an object, with ``defaults`` for the keys that it leaves out."""

    def checked(value: object, param: str) -> dict[str, Any]:
        return {**defaults, **check(value, param)}

    return checked
