"""Values as lines: what comes, what goes, and what stays as a whole. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from retinue.kinds.values import Sealed, Unknown
from retinue.render.escape import key, literal, visible
from retinue.render.forms import FORMS, KNOWN_LATER, Item, View, items_of
from retinue.render.hunks import is_long, whole_text
from retinue.render.lines import Line, Piece, Pieces, Sign, line, remark
from retinue.render.style import Tone

MAX_DEPTH = 32
"""Nesting below which a value is shown on one line."""

_MAX_PAD = 24
_SMALL, _SHORT = 3, 60
"""Members, and characters, up to which a structure inside of another is written on one line."""


class Spot(NamedTuple):
    """Where a value stands: how deep, after which label, and under which key."""

    view: View
    depth: int
    label: str = ""
    name: str = ""

    def inside(self, label: str = "", name: str = "") -> Spot:
        """One level deeper."""
        return Spot(self.view, self.depth + 1, label, name)

    @property
    def nests(self) -> bool:
        """Whether there is room for another level."""
        return self.depth < MAX_DEPTH


def label_of(name: Any, width: int = 0) -> str:
    """``name = ``, padded so that neighbours align."""
    return f"{key(name):<{min(width, _MAX_PAD)}} = "


def widest(names: Sequence[Any]) -> int:
    """The width to pad the labels of ``names`` to."""
    return max((len(key(name)) for name in names), default=0)


def address_in(view: View, value: Any) -> str:
    """The address that a value is the ID of, or will be; empty where it is none of ours."""
    if isinstance(value, Unknown):
        return visible(str(value.address))
    return visible(view.names.get(value, "")) if isinstance(value, str) else ""


def scalar(value: Any) -> Pieces:
    """A value on one line."""
    if isinstance(value, Unknown):
        return (KNOWN_LATER,)
    if isinstance(value, Sealed):
        return (Piece(str(value), Tone.DIM),)
    if value is None:
        return (Piece("null", Tone.DIM),)
    return (_compact(value),)


def _compact(value: Any) -> str:
    try:
        return literal(value)
    except (ValueError, RecursionError):
        return "…"


def whole(spot: Spot, sign: Sign, value: Any) -> list[Line]:
    """A value that comes, goes or stays as a whole."""
    if isinstance(value, str) and is_long(value):
        return _long(spot, sign, value)
    inline = _inline(value) if spot.depth > 1 and spot.name not in FORMS else ""
    if inline:
        return [line(spot.depth, sign, spot.label, inline)]
    if isinstance(value, Mapping) and value and spot.nests:
        return framed(spot, sign, "{}", list(_members(spot, sign, value)))
    if isinstance(value, (list, tuple)) and value and spot.nests:
        return framed(spot, sign, "[]", list(_elements(spot, sign, value)))
    note = remark(address_in(spot.view, value))
    return [line(spot.depth, sign, spot.label, *scalar(value), note)]


def _inline(value: Any) -> str:
    """A small structure of plain values on one line: the leaves of JSON Schemas are such."""
    if isinstance(value, Mapping) and 0 < len(value) <= _SMALL and _plain(value.values()):
        text = ", ".join(f"{key(name)} = {_compact(item)}" for name, item in value.items())
        return f"{{ {text} }}" if len(text) <= _SHORT else ""
    if isinstance(value, (list, tuple)) and value and _plain(value):
        text = ", ".join(map(_compact, value))
        return f"[{text}]" if len(text) <= _SHORT else ""
    return ""


def _plain(values: Iterable[Any]) -> bool:
    return all(
        value is None
        or isinstance(value, (bool, int, float))
        or (isinstance(value, str) and len(value) <= _SHORT and "\n" not in value)
        for value in values
    )


def framed(spot: Spot, sign: Sign, brackets: str, body: list[Line]) -> list[Line]:
    """Lines between brackets; the last character closes."""
    opening = line(spot.depth, sign, spot.label, brackets[:-1])
    return [opening, *body, line(spot.depth, Sign.NONE, brackets[-1])]


def _long(spot: Spot, sign: Sign, text: str) -> list[Line]:
    parsed = structure_in(text) if spot.nests else None
    if parsed is None:
        return whole_text(spot.depth, sign, spot.label, text, full=spot.view.full_text)
    return framed(spot, sign, "jsonencode()", whole(spot.inside(), sign, parsed))


def _members(spot: Spot, sign: Sign, value: Mapping[Any, Any]) -> Iterator[Line]:
    width = widest(list(value))
    for name, member in value.items():
        yield from whole(spot.inside(label_of(name, width), str(name)), sign, member)


def _elements(spot: Spot, sign: Sign, values: Sequence[Any]) -> Iterator[Line]:
    items = items_of(spot.view, spot.name, values)
    if items is None:
        for value in values:
            yield from whole(spot.inside(), sign, value)
    else:
        for item in items:
            yield from whole_item(spot.inside(), sign, item)


def whole_item(spot: Spot, sign: Sign, item: Item) -> list[Line]:
    """An item that has a title."""
    note = remark(", ".join(item.notes))
    if not item.body:
        return [line(spot.depth, sign, item.title, note)]
    opening = line(spot.depth, sign, item.title, " {", note)
    return [opening, *_members(spot, sign, item.body), line(spot.depth, Sign.NONE, "}")]


def structure_in(text: str) -> Any:
    """The object or list that a string holds as JSON; None where it is no such thing.

    Repeated keys make it plain text: parsing would hide one of them.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, object_pairs_hook=_unrepeated) or None
    except (ValueError, RecursionError):
        return None


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("repeated key")
    return result
