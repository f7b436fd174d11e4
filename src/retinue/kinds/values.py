"""Values of resources: JSON, plus the three leaves that JSON has no word for.

`Ref` stands in what the manifests desire ("the ID of file.paper, whatever it is"); `Unknown`
stands in a plan for an ID that only the apply will learn; `Sealed` stands wherever a secret is,
which nobody but the adapter that sends it ever holds. Pure functions over all three.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from retinue.address import Address
from retinue.manifest.model import Secret

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Values: TypeAlias = Mapping[str, Any]
"""Attribute name to value; leaves may be `Ref` (desired), `Unknown` (plan) or `Sealed`."""

Leaf = TypeVar("Leaf")
Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from a value to a part of it."""

_REF_KEY = "$ref"
_SEALED_KEY = "$sealed"


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


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret, known by its fingerprint alone: equal fingerprints are equal secrets.

    One without a fingerprint could not be read. ``source`` is where the text comes from; the state
    does not keep it.
    """

    fingerprint: str | None
    source: Secret | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return "(sensitive)"


SCALARS = (str, int, float, type(None))
"""Types that hold nothing. Asked for first: most values are one, and a look at an ABC is slow."""

MAPPINGS = (dict, Mapping)
"""Types that have keys, the usual one first."""


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
    if isinstance(value, MAPPINGS):
        entries = {key: transform(item, leaf) for key, item in value.items()}
        same = type(value) is dict and _same(entries.values(), value.values())
        return value if same else entries
    return leaf(value)


def _same(left: Iterable[Any], right: Iterable[Any]) -> bool:
    return all(map(operator.is_, left, right))


def leaves(value: Any) -> Iterator[Any]:
    """Every leaf of ``value``, in order."""
    if isinstance(value, MAPPINGS):
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


def unsealed(value: Any, read: Callable[[Sealed], str | None]) -> Any:
    """Put what ``read`` gives of each secret in its place: the text, or the fingerprint."""
    return transform(value, lambda item: read(item) if isinstance(item, Sealed) else item)


def unread(value: Any) -> list[Secret]:
    """Where the secrets come from that could not be read."""
    found = (secret for _, secret in spots(value, Sealed) if secret.fingerprint is None)
    return [secret.source for secret in found if secret.source is not None]


def remembered(value: Any, applied: Any) -> Any:
    """Put the applied secret in the place of each that could not be read: it counts as the same."""
    if isinstance(value, Sealed):
        same = value.fingerprint is None and isinstance(applied, Sealed)
        return replace(value, fingerprint=applied.fingerprint) if same else value
    if isinstance(value, Mapping) and isinstance(applied, Mapping):
        return {key: remembered(item, applied.get(key)) for key, item in value.items()}
    return value


def spots(value: Any, sort: type[Leaf]) -> list[tuple[Path, Leaf]]:
    """Every leaf of a class, none of `SCALARS`, with the keys and indexes that lead to it."""
    entries: Iterable[tuple[Any, Any]]
    if isinstance(value, sort):
        return [((), value)]
    if isinstance(value, MAPPINGS):
        entries = value.items()
    elif isinstance(value, (list, tuple)):
        entries = enumerate(value)
    else:
        return []
    return [
        ((key, *path), leaf)
        for key, item in entries
        if not isinstance(item, SCALARS)
        for path, leaf in spots(item, sort)
    ]


def at(tree: Any, path: Sequence[str | int]) -> Any:
    """What stands at ``path``."""
    for key in path:
        tree = tree[key]
    return tree


def put(tree: Any, path: Sequence[str | int], value: Any) -> None:
    """Set what stands at ``path``, in place."""
    at(tree, path[:-1])[path[-1]] = value


def unknowns(value: Any) -> set[Address]:
    """Addresses whose ID ``value`` still waits for."""
    return {leaf.address for _, leaf in spots(value, Unknown)}


def encode(value: Any) -> Any:
    """Turn a value into plain JSON: references and unknown IDs become ``{"$ref": address}``,
    secrets ``{"$sealed": fingerprint}``."""

    def leaf(item: Any) -> Any:
        if isinstance(item, (Ref, Unknown)):
            return {_REF_KEY: str(item.address)}
        return {_SEALED_KEY: item.fingerprint} if isinstance(item, Sealed) else item

    return transform(value, leaf)


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, so that equal values digest equally."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, as lower-case hex."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
