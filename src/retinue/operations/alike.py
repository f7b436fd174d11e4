"""Find what looks like ours: skills and environment templates can't say whose they are.

A plan only points at them; two stacks may well have templates of one name, and whoever takes the
other's deletes it some day. `retinue state rebuild`, which somebody asked for, takes the only one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from retinue.address import Address
from retinue.engine.inventory import Found
from retinue.engine.lookup import signature
from retinue.engine.tasks import together
from retinue.kinds.base import Adapter, Live, Resource, ResourceType
from retinue.kinds.file import FILE


@dataclass(frozen=True, slots=True)
class Alike:
    """The untracked objects that look like what the manifests want at ``address``."""

    address: Address
    type: ResourceType
    lives: tuple[Live, ...]

    def note(self) -> str:
        """What a plan says of them."""
        ids = ", ".join(live.id for live in self.lives)
        return (
            f"{self.address}: {ids} looks the same; if that is ours, take it over with: "
            f"retinue import {self.address} {self.lives[0].id}"
        )

    def found(self) -> Found | None:
        """The only one, as something to take over; None where there are several."""
        if len(self.lives) != 1:
            return None
        return Found(self.address, self.type.name, self.lives[0])


async def look_alikes(
    adapters: Mapping[str, Adapter],
    desired: Mapping[Address, Resource],
    *,
    there: Collection[Address],
    taken: Collection[str],
) -> list[Alike]:
    """Look for what is declared and can't carry a marker. ``there`` are addresses whose object is
    known, ``taken`` the IDs that are somebody's."""
    missing: dict[str, list[Resource]] = {}
    for address, resource in sorted(desired.items()):
        if address not in there and _nameless(resource.type):
            missing.setdefault(resource.type.name, []).append(resource)
    lists = await together(_listed(adapters[name], taken) for name in missing)
    found = [
        Alike(resource.address, resource.type, _same(resource, lives))
        for resources, lives in zip(missing.values(), lists, strict=True)
        for resource in resources
    ]
    return [alike for alike in found if alike.lives]


def _nameless(type_: ResourceType) -> bool:
    return not (type_.marked or type_.recorded or type_ is FILE)


async def _listed(adapter: Adapter, taken: Collection[str]) -> list[Live]:
    return [live async for page in adapter.pages() for live in page if live.id not in taken]


def _same(resource: Resource, lives: Collection[Live]) -> tuple[Live, ...]:
    wanted = signature(resource.type, resource.values)
    return tuple(live for live in lives if signature(resource.type, live.values) == wanted)
