"""Places of resources once a load is over: light ones, that read their file again when asked.

The tree of positions of a document weighs more than the resources in it. After a load without
errors hardly anybody asks for a place inside a resource, so that the trees need not live on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from retinue.manifest.model import Declared
from retinue.manifest.source import read_document
from retinue.manifest.spots import PartPlaces
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
        if not path:
            return self.place
        document = read_document(self.root / self.place.file, self.place.file)
        if document.broken:
            return self.place
        return PartPlaces(document, self.path, self.elsewhere).at(*path)


def lightened(resource: Resource, root: Path) -> Resource:
    """The resource without the document that it was read from."""
    places = resource.places
    if not isinstance(places, PartPlaces):
        return resource
    late = LatePlaces(root, places.at(), places.path, places.elsewhere)
    return replace(resource, places=late)
