"""Changed values as lines: what differs inside of what stays. Pure.

Structures are compared as structures, also those that are written as JSON inside a string. Two
values that differ never come out as nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from retinue.kinds.values import canonical
from retinue.render.escape import counted
from retinue.render.forms import Item, items_of
from retinue.render.hunks import LONG, is_long, only_blanks, text_change
from retinue.render.lines import Line, Piece, Sign, line, noted, remark
from retinue.render.style import Tone
from retinue.render.values import (
    Spot,
    address_in,
    framed,
    label_of,
    scalar,
    structure_in,
    whole,
    whole_item,
    widest,
)

ARROW = Piece(" -> ", Tone.YELLOW)


def changed(spot: Spot, old: Any, new: Any) -> list[Line]:
    """Lines for a value that differs."""
    if isinstance(old, str) and isinstance(new, str):
        return _string_changed(spot, old, new)
    if spot.nests and isinstance(old, Mapping) and isinstance(new, Mapping):
        return framed(spot, Sign.CHANGE, "{}", list(_members_changed(spot, old, new)))
    if spot.nests and _is_list(old) and _is_list(new):
        return framed(spot, Sign.CHANGE, "[]", _elements_changed(spot, old, new))
    return _exchanged(spot, old, new)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _exchanged(spot: Spot, old: Any, new: Any) -> list[Line]:
    """One value for another that it has nothing in common with."""
    if spot.label and old is None:
        return whole(spot, Sign.ADD, new)
    if spot.label and new is None:
        return noted(whole(spot, Sign.REMOVE, old), last=" -> null")
    if _is_nested(old) or _is_nested(new):
        return [*whole(spot, Sign.REMOVE, old), *whole(spot, Sign.ADD, new)]
    return _in_one_line(spot, old, new)


def _in_one_line(spot: Spot, old: Any, new: Any) -> list[Line]:
    addresses = dict.fromkeys(address_in(spot.view, value) for value in (old, new))
    note = remark(" -> ".join(address for address in addresses if address))
    return [line(spot.depth, Sign.CHANGE, spot.label, *scalar(old), ARROW, *scalar(new), note)]


def _is_nested(value: Any) -> bool:
    return (isinstance(value, Mapping) or _is_list(value)) and bool(value)


def hidden(depth: int, count: int, noun: str) -> list[Line]:
    """How much is not shown because it stays as it is."""
    return _aside(depth, f"{counted(count, f'unchanged {noun}')} hidden") if count else []


def _aside(depth: int, text: str) -> list[Line]:
    return [line(depth, Sign.NONE, Piece(f"# ({text})", Tone.DIM))]


def _members_changed(spot: Spot, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Line]:
    """The members of two mappings that differ; the others are counted."""
    names = list(dict.fromkeys([*new, *old]))
    differing = [n for n in names if n not in old or n not in new or old[n] != new[n]]
    width = widest(differing)
    for name in differing:
        inner = spot.inside(label_of(name, width), str(name))
        if name not in old:
            yield from whole(inner, Sign.ADD, new[name])
        elif name not in new:
            yield from whole(inner, Sign.REMOVE, old[name])
        else:
            yield from changed(inner, old[name], new[name])
    yield from hidden(spot.depth + 1, len(names) - len(differing), "attribute")


def _elements_changed(spot: Spot, old: Sequence[Any], new: Sequence[Any]) -> list[Line]:
    before = items_of(spot.view, spot.name, old)
    after = items_of(spot.view, spot.name, new)
    if before is not None and after is not None:
        body = list(_items_changed(spot.inside(), before, after))
    else:
        body = list(_sequence_changed(spot.inside(), old, new))
    if all(item.sign is Sign.NONE for item in body):
        body += _aside(spot.depth + 1, "only the order, or what is not shown, changes")
    return body


def _items_changed(spot: Spot, before: Sequence[Item], after: Sequence[Item]) -> Iterator[Line]:
    """Items paired by title: those that go, then those that stay or come, in their new order."""
    had = {item.title: item for item in before}
    have = {item.title for item in after}
    for item in before:
        if item.title not in have:
            yield from whole_item(spot, Sign.REMOVE, item)
    same = 0
    for item in after:
        if item.title not in had:
            yield from whole_item(spot, Sign.ADD, item)
        elif item == had[item.title]:
            same += 1
        else:
            yield from _item_changed(spot, had[item.title], item)
    yield from hidden(spot.depth, same, "element")


def _item_changed(spot: Spot, old: Item, new: Item) -> list[Line]:
    pairs = zip_longest(old.notes, new.notes, fillvalue="none")
    notes = remark(", ".join(was if was == now else f"{was} -> {now}" for was, now in pairs))
    if old.body == new.body:
        return [line(spot.depth, Sign.CHANGE, new.title, notes)]
    opening = line(spot.depth, Sign.CHANGE, new.title, " {", notes)
    body = _members_changed(spot, old.body, new.body)
    return [opening, *body, line(spot.depth, Sign.NONE, "}")]


def _sequence_changed(spot: Spot, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Line]:
    """Items that have no identity: the longest common run stays, the rest is paired in order."""
    matcher = SequenceMatcher(None, list(map(_token, old)), list(map(_token, new)))
    same = 0
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            same += i2 - i1
            continue
        paired = min(i2 - i1, j2 - j1)
        for left, right in zip(old[i1:i2], new[j1:j2], strict=False):
            yield from changed(spot, left, right)
        for value in old[i1 + paired : i2]:
            yield from whole(spot, Sign.REMOVE, value)
        for value in new[j1 + paired : j2]:
            yield from whole(spot, Sign.ADD, value)
    yield from hidden(spot.depth, same, "element")


def _token(value: Any) -> str:
    try:
        return canonical(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def _string_changed(spot: Spot, old: str, new: str) -> list[Line]:
    before, after = structure_in(old), structure_in(new)
    if spot.nests and before is not None and after is not None:
        return _json_changed(spot, old, new, before, after)
    is_id = address_in(spot.view, old) or address_in(spot.view, new)
    if is_id:
        return _in_one_line(spot, old, new)
    if is_long(old) or is_long(new) or len(old) + len(new) > LONG:
        return text_change(spot.depth, spot.label, old, new, full=spot.view.full_text)
    return _in_one_line(spot, old, new)


def _json_changed(spot: Spot, old: str, new: str, before: Any, after: Any) -> list[Line]:
    """JSON inside a string: by its structure, or how else its text differs."""
    if before != after:
        return framed(spot, Sign.CHANGE, "jsonencode()", changed(spot.inside(), before, after))
    note = "whitespace changes" if only_blanks(old, new) else "same content, written differently"
    return [line(spot.depth, Sign.CHANGE, spot.label, "jsonencode(…)", remark(note))]
