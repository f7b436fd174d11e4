"""Metadata with the marker in it: shared by every type whose objects carry metadata. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.kinds.base import MARKER, Attribute, Live, Write
from retinue.kinds.marker import KEY, Marker, without_marker
from retinue.kinds.values import Values


def whole(live: Any, wanted: Any, applied: Any) -> Any:
    """Manage a value whole: entries that somebody added are drift too."""
    del wanted, applied
    return live


METADATA = Attribute(default={}, reduce=whole)
MARK = Attribute(default=None)


def marked_live(item: Mapping[str, Any], values: Values, *, id_: str = "") -> Live:
    """An object that carries metadata, as read; ``id_`` is for one that its own does not name."""
    marker = Marker.read(item.get("metadata"))
    own = {
        "metadata": without_marker(item.get("metadata")),
        MARKER: None if marker is None else marker.owner.mark(marker.address),
    }
    return Live(
        id=id_ or str(item["id"]),
        values={**values, **own},
        created_at=int(item.get("created_at") or 0),
        marker=marker,
        raw=item,
    )


def metadata_to_send(write: Write, live: Live | None = None) -> dict[str, Any]:
    """The whole metadata of a write: what is managed, else what is there, and the marker."""
    present = live.values.get("metadata") if live is not None else None
    marker = {} if write.values.get(MARKER, "") is None else {KEY: str(write.marker)}
    return {**(write.values.get("metadata", present) or {}), **marker}


def touches_metadata(write: Write) -> bool:
    """Whether the write has to send metadata."""
    return bool({"metadata", MARKER} & write.changed)
