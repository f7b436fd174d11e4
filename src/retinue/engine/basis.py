"""What a change is decided on: the managed attributes as they are, and a digest of them. Pure."""

from __future__ import annotations

from typing import Any

from retinue.engine.diff import seen
from retinue.engine.entry import Entry
from retinue.kinds.base import Live, ResourceType
from retinue.kinds.values import Values, digest


def managed(type_: ResourceType, applied: Values, live: Live | None) -> Values | None:
    """The managed attributes of a live object, as its entry names them."""
    if live is None:
        return None
    return {
        name: seen(attribute, name, applied[name], applied, live.values)
        for name, attribute in type_.attributes.items()
        if name in applied
    }


def basis(entry: Entry | None, object_id: str | None, before: Values | None) -> str:
    """Digest of what a change is decided on: our record and the live object."""
    recorded: list[Any] = [] if entry is None else [entry.id, entry.values]
    return digest([recorded, object_id, before])
