"""Where every key and value of a document stands: a tree of positions beside the tree of values.

Pure data. The values themselves stay plain dicts and lists, so that validators and the rest of
Retinue need to know nothing about positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from retinue.manifest.model import Json
from retinue.problem import KeyPath, Place, Problem

Position = tuple[int, int]
"""A 1-based line and column."""


# Not frozen: one is made for every node, and a frozen dataclass costs four times as much to make.
@dataclass(slots=True)
class Spot:
    """The position of a value, of its keys (a mapping) and of what it holds."""

    at: Position
    keys: dict[str, Position] | None = None
    entries: dict[str, Spot] | list[Spot] | None = None

    def child(self, step: str | int) -> Spot | None:
        """Return the spot of one entry, None when there is none."""
        if isinstance(self.entries, dict) and isinstance(step, str):
            return self.entries.get(step)
        if isinstance(self.entries, list) and isinstance(step, int):
            return self.entries[step] if 0 <= step < len(self.entries) else None
        return None


NOWHERE: Final = Spot((1, 1))


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: values, positions, and what was wrong with it.

    ``broken`` says that ``value`` is not the whole document and must not be used; ``templated``
    that ``${`` stands somewhere in it, ``keyed`` that it is worth looking for keys in it.
    """

    file: str
    value: Json = field(repr=False)
    spot: Spot = field(repr=False)
    problems: tuple[Problem, ...] = ()
    broken: bool = False
    templated: bool = False
    keyed: bool = False

    def place(self, path: KeyPath = ()) -> Place:
        """Return the place of the value at ``path``, or of the nearest part around it."""
        spot = self.spot
        for step in path:
            inner = spot.child(step)
            if inner is None:
                break
            spot = inner
        return Place(self.file, *spot.at)

    def key_place(self, path: KeyPath) -> Place:
        """Return the place of the key that ``path`` ends with; of the value in a list."""
        spot: Spot | None = self.spot
        for step in path[:-1]:
            spot = spot.child(step) if spot else None
        if path and spot and spot.keys and isinstance(last := path[-1], str) and last in spot.keys:
            return Place(self.file, *spot.keys[last])
        return self.place(path)


@dataclass(frozen=True, slots=True)
class PartPlaces:
    """The `Places` of a resource: a part of a document.

    Without a path it answers with the place of the resource's key, which is what a reader looks
    for; with a path, with the place of the value. ``elsewhere`` holds the paths, in the document,
    of keys that stand somewhere else: in a variant for one target.
    """

    document: Document
    path: KeyPath
    elsewhere: Mapping[str, KeyPath] = field(default_factory=dict)

    def at(self, *path: str | int) -> Place:
        if not path:
            return self.document.key_place(self.path)
        return self.document.place(self.whole(*path))

    def of(self, value: Json) -> Place:
        part = self.document.value
        for step in self.path:
            part = _entry(part, step)
        found = _path_of(value, part)
        return self.at() if found is None else self.document.place((*self.path, *found))

    def written(self, *path: str | int) -> bool:
        """Whether something stands at ``path``, be it flawed."""
        spot: Spot | None = self.document.spot
        for step in self.whole(*path):
            spot = spot.child(step) if spot else None
        return spot is not None

    def whole(self, *path: str | int) -> KeyPath:
        """Return where ``path`` of the resource is in the document."""
        if path and isinstance(path[0], str) and path[0] in self.elsewhere:
            return (*self.elsewhere[path[0]], *path[1:])
        return (*self.path, *path)


def _entry(value: Json, step: str | int) -> Json:
    """What stands at one step below ``value``; None for nothing."""
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _path_of(wanted: Json, value: Json) -> KeyPath | None:
    """Where ``wanted`` first is in ``value``."""
    if value == wanted and type(value) is type(wanted):
        return ()
    if isinstance(value, dict):
        inside: Iterable[tuple[str | int, Json]] = value.items()
    else:
        inside = enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        found = _path_of(wanted, each)
        if found is not None:
            return (step, *found)
    return None
