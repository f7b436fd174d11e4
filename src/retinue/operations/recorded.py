"""The entry of an object that was found rather than made: what is live counts as applied. Pure."""

from __future__ import annotations

from typing import Any

from retinue.address import Address
from retinue.engine.diff import seen
from retinue.engine.entry import Entry
from retinue.kinds.base import MARKER, Live, Resource, ResourceType
from retinue.kinds.file import FILE


def entry_for(
    type_: ResourceType, address: Address, live: Live, resource: Resource | None
) -> Entry:
    """Record ``live`` as ``address``; ``resource`` is what the manifests say, None for nothing."""
    return Entry(
        address=address,
        type=type_.name,
        id=live.id,
        values=_undeclared(type_, live) if resource is None else _declared(live, resource),
        depends_on=resource.depends_on if resource is not None else (),
        protect=resource.protect if resource is not None else False,
    )


def _undeclared(type_: ResourceType, live: Live) -> dict[str, Any]:
    """Nothing is managed yet but whose it is; a file is known by what it consists of."""
    kept = type_.attributes if type_ is FILE else (MARKER,)
    return {name: live.values[name] for name in kept if name in live.values}


def _declared(live: Live, resource: Resource) -> dict[str, Any]:
    attributes = resource.type.attributes
    return {
        name: _unread(name, wanted, live, resource)
        if attributes[name].write_only
        else seen(attributes[name], name, wanted, {}, live.values)
        for name, wanted in resource.values.items()
    }


def _unread(name: str, wanted: Any, live: Live, resource: Resource) -> Any:
    """A value that the platform never returns: what is known of it, else what is wanted.

    The content of a file is taken for the local one only where name and size agree.
    """
    if name in live.values:
        return live.values[name]
    if name == "sha256":
        same = all(live.values.get(n) == resource.values[n] for n in ("filename", "bytes"))
        return wanted if same else None
    return wanted
