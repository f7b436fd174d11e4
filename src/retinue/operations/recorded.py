"""The entry of an object that was found rather than made: what is live counts as applied. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retinue.address import Address
from retinue.engine.diff import seen
from retinue.engine.entry import Entry
from retinue.kinds.base import MARKER, Live, Resource, ResourceType, computed_values
from retinue.kinds.file import FILE
from retinue.kinds.values import resolve, unknowns

IdOf = Callable[[Address], str | None]


def nobody(address: Address) -> None:
    """Know no ID."""
    del address


def entry_for(
    type_: ResourceType,
    address: Address,
    live: Live,
    resource: Resource | None,
    id_of: IdOf = nobody,
) -> Entry:
    """Record ``live`` as ``address``; ``resource`` is what the manifests say, None for nothing.

    ``id_of`` knows the objects that it may refer to.
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
        name: _unread(name, wanted, live, resource)
        if attributes[name].write_only
        else seen(attributes[name], name, wanted, {}, live.values)
        for name, wanted in resolve(resource.values, id_of).items()
    }


def _unread(name: str, wanted: Any, live: Live, resource: Resource) -> Any:
    """A value that the platform never returns: what is known of it, else what is wanted; nothing
    where that names an object that nobody knows.

    The content of a file is taken for the local one only where name and size agree.
    """
    if name in live.values:
        return live.values[name]
    if unknowns(wanted):
        return None
    if name == "sha256":
        same = all(live.values.get(n) == resource.values[n] for n in ("filename", "bytes"))
        return wanted if same else None
    return wanted
