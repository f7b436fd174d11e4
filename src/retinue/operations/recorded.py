"""The entry of an object that was found rather than made: what is live counts as applied. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retinue.address import Address
from retinue.engine.diff import seen
from retinue.engine.entry import Entry
from retinue.kinds.base import MARKER, Live, Resource, ResourceType, computed_values
from retinue.kinds.file import FILE
from retinue.kinds.values import resolve, unknowns, unread

IdOf = Callable[[Address], str | None]


def entry_for(
    type_: ResourceType,
    address: Address,
    live: Live,
    resource: Resource | None,
    id_of: IdOf,
) -> Entry:
    """Record ``live`` as ``address``; ``resource`` is what the manifests say, None for nothing.

    ``id_of`` knows the objects that it may refer to. What holds a secret that could not be read is
    left out, so that the next apply writes it.
    """
    return Entry(
        address=address,
        type=type_.name,
        id=live.id,
        values=_values(type_, live, resource, id_of),
        depends_on=resource.depends_on if resource is not None else (),
        protect=resource.protect if resource is not None else False,
    )


def _values(
    type_: ResourceType, live: Live, resource: Resource | None, id_of: IdOf
) -> dict[str, Any]:
    if resource is None or resource.type is not type_:
        return _undeclared(type_, live)
    return {**_declared(live, resource, id_of), **computed_values(type_, live)}


def _undeclared(type_: ResourceType, live: Live) -> dict[str, Any]:
    """Nothing is managed yet but whose it is; a file is known by what it consists of."""
    kept = type_.attributes if type_ is FILE else (MARKER,)
    return {name: live.values[name] for name in kept if name in live.values}


def _declared(live: Live, resource: Resource, id_of: IdOf) -> dict[str, Any]:
    attributes = resource.type.attributes
    return {
        name: _never_read(name, wanted, live, resource)
        if attributes[name].write_only
        else seen(attributes[name], name, wanted, {}, live.values)
        for name, wanted in resolve(resource.values, id_of).items()
        if not unread(wanted)
    }


def _never_read(name: str, wanted: Any, live: Live, resource: Resource) -> Any:
    """A value that the platform never returns: what is known of it, else what is wanted. Nothing
    where that names an object that nobody knows, or where the object only looks like ours, so that
    the next apply writes it.

    The content of a file is taken for the local one only where name and size agree.
    """
    if name in live.values:
        return live.values[name]
    only_alike = not resource.type.marked and not resource.type.attributes[name].immutable
    if only_alike or unknowns(wanted):
        return None
    if name == "sha256":
        same = all(live.values.get(n) == resource.values[n] for n in ("filename", "bytes"))
        return wanted if same else None
    return wanted
