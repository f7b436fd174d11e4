"""Values of resources: JSON, plus the two leaves that only a plan knows.

`Ref` stands in what the manifests desire ("the ID of file.paper, whatever it is"); `Unknown`
stands in a plan for an ID that only the apply will learn. Pure functions over both.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from retinue.address import Address

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Values: TypeAlias = Mapping[str, Any]
"""Attribute name to value; leaves may be `Ref` (desired) or `Unknown` (plan)."""

_REF_KEY = "$ref"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The ID of another resource of the project."""

    address: Address


@dataclass(frozen=True, slots=True, order=True)
class Unknown:
    """An ID that is known after apply: that of the object which ``address`` will become."""

    address: Address

    def __str__(self) -> str:
        return "(known after apply)"


SCALARS = (str, int, float, type(None))
"""Types that hold nothing. Asked for first: most values are one, and a look at an ABC is slow."""


def transform(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """``value`` with every leaf (anything but a mapping or list) replaced by ``leaf(it)``.

    Dicts and lists in which nothing was replaced are shared, not copied: values are never changed
    in place, and most of a stack's are the same before and after.
    """
    if isinstance(value, SCALARS):
        return leaf(value)
    if isinstance(value, (list, tuple)):
        items = [transform(item, leaf) for item in value]
        return value if type(value) is list and _same(items, value) else items
    if isinstance(value, Mapping):
        entries = {key: transform(item, leaf) for key, item in value.items()}
        same = type(value) is dict and _same(entries.values(), value.values())
        return value if same else entries
    return leaf(value)


def _same(left: Iterable[Any], right: Iterable[Any]) -> bool:
    return all(map(operator.is_, left, right))


def leaves(value: Any) -> Iterator[Any]:
    """Every leaf of ``value``, in order."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def resolve(value: Any, id_of: Callable[[Address], str | None]) -> Any:
    """Put IDs in the place of references; one without an ID becomes `Unknown`."""

    def leaf(item: Any) -> Any:
        if isinstance(item, (Ref, Unknown)):
            return id_of(item.address) or Unknown(item.address)
        return item

    return transform(value, leaf)


def replace_ids(value: Any, renewed: Mapping[str, Address]) -> Any:
    """Put `Unknown` in the place of IDs in ``renewed``: objects that get another ID."""

    def leaf(item: Any) -> Any:
        return Unknown(renewed[item]) if isinstance(item, str) and item in renewed else item

    return transform(value, leaf) if renewed else value


def unknowns(value: Any) -> set[Address]:
    """Addresses whose ID ``value`` still waits for."""
    return {leaf.address for leaf in leaves(value) if isinstance(leaf, Unknown)}


def encode(value: Any) -> Any:
    """Turn a value into plain JSON: references and unknown IDs become ``{"$ref": address}``."""

    def leaf(item: Any) -> Any:
        return {_REF_KEY: str(item.address)} if isinstance(item, (Ref, Unknown)) else item

    return transform(value, leaf)


def decode(value: Any) -> Any:
    """Undo `encode`; every ``{"$ref": …}`` comes back as `Unknown`."""
    if isinstance(value, Mapping):
        if set(value) == {_REF_KEY}:
            return Unknown(Address.parse(value[_REF_KEY]))
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, so that equal values digest equally."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, as lower-case hex."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
