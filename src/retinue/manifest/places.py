"""Places of resources once a load is over: light ones, that read their file again when asked.

The tree of positions of a document weighs more than the resources in it. After a load without
errors hardly anybody asks for a place inside a resource, so that the trees need not live on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from retinue.manifest.model import Declared
from retinue.manifest.source import read_document
from retinue.manifest.spots import Document, PartPlaces
from retinue.problem import KeyPath, Place

Resource = TypeVar("Resource", bound=Declared)


@dataclass(frozen=True, slots=True)
class LatePlaces:
    """The `Places` of the resource at ``path`` of the file of ``place``, below ``root``;
    ``elsewhere`` is as in `PartPlaces`."""

    root: Path
    place: Place
    path: KeyPath
    elsewhere: Mapping[str, KeyPath] = field(default_factory=dict)

    def at(self, *path: str | int) -> Place:
        parts = self._parts() if path else None
        return self.place if parts is None else parts.at(*path)

    def of(self, value: Any) -> Place:
        parts = self._parts()
        return self.place if parts is None else parts.of(value)

    def _parts(self) -> PartPlaces | None:
        """The places in the file as it is now."""
        path = self.root / self.place.file
        document = _read(path, self.place.file, _changed_at(path))
        return None if document.broken else PartPlaces(document, self.path, self.elsewhere)


@lru_cache(maxsize=1)
def _read(path: Path, shown: str, changed_at: int) -> Document:
    """Many resources of one file may be asked for one after the other."""
    del changed_at
    return read_document(path, shown)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def lightened(resource: Resource, root: Path) -> Resource:
    """The resource without the document that it was read from."""
    places = resource.places
    if not isinstance(places, PartPlaces):
        return resource
    late = LatePlaces(root, places.at(), places.path, places.elsewhere)
    return replace(resource, places=late)
