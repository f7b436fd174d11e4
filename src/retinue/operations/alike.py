"""Find what looks like ours: skills and environment templates can't say whose they are.

One that an object of ours uses is ours. At others a plan only points; two stacks may well have
templates of one name, and whoever takes the other's deletes it some day. `retinue state rebuild`,
which somebody asked for, takes the only one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from retinue.address import Address
from retinue.engine.inventory import Found
from retinue.engine.lookup import signature
from retinue.engine.tasks import together
from retinue.kinds.base import Adapter, Live, Resource, ResourceType
from retinue.kinds.file import FILE
from retinue.kinds.values import Ref, leaves, spots

_MOST: Final = 10
"""More commands than that nobody chooses from."""


@dataclass(frozen=True, slots=True)
class Alike:
    """The untracked objects that look like what the manifests want at ``address``."""

    address: Address
    type: ResourceType
    lives: tuple[Live, ...]

    def note(self) -> str:
        """What a plan says of them: a command for each, as nothing tells which one it should be."""
        if len(self.lives) == 1:
            (live,) = self.lives
            return (
                f"{self.address}: {live.id} looks the same; if that is ours, take it over with: "
                f"{self._command(live)}"
            )
        newest = sorted(self.lives, key=lambda live: (-live.created_at, live.id))
        ways = [f"  {self._command(live)}  # {_age(live)}" for live in newest[:_MOST]]
        head = (
            f"{self.address}: {len(newest)} objects look the same; "
            "if one of them is ours, take it over with one of:"
        )
        older = len(newest) - len(ways)
        return "\n".join([head, *ways, *([f"  and {older} older ones"] if older else [])])

    def _command(self, live: Live) -> str:
        return f"retinue import {self.address} {live.id}"

    def found(self) -> Found | None:
        """The only one, as something to take over; None where there are several."""
        if len(self.lives) != 1:
            return None
        return Found(self.address, self.type.name, self.lives[0])


def _age(live: Live) -> str:
    created = datetime.fromtimestamp(live.created_at, UTC)
    return f"made at {created:%Y-%m-%d %H:%M:%S} UTC"


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


def used_by_ours(
    alikes: Collection[Alike], desired: Mapping[Address, Resource], ours: Mapping[Address, Live]
) -> list[Found]:
    """Those that are ours: the only look-alike that objects of ours refer to, where the manifests
    let them refer to it. ``ours`` are objects at declared addresses that carry our marker and are
    not tracked: what a tracked one refers to, and the state doesn't know, somebody else put there.

    A template that was found so may itself be what uses a skill. What is never read back counts as
    unknown, so that the next apply writes it.
    """
    seen = Counter(live.id for alike in alikes for live in alike.lives)
    alone = [alike for alike in alikes if all(seen[live.id] == 1 for live in alike.lives)]
    users, rest, found = dict(ours), {alike.address: alike for alike in alone}, []
    while taken := [each for alike in rest.values() if (each := _used(alike, desired, users))]:
        found += taken
        users.update((each.address, each.live) for each in taken)
        rest = {address: alike for address, alike in rest.items() if address not in users}
    return found


def _used(
    alike: Alike, desired: Mapping[Address, Resource], users: Mapping[Address, Live]
) -> Found | None:
    uses = [
        users[address].values.get(str(path[0]))
        for address, resource in desired.items()
        if alike.address in resource.depends_on and address in users
        for path, ref in spots(resource.values, Ref)
        if ref.address == alike.address
    ]
    ids = {leaf for value in uses for leaf in leaves(value) if isinstance(leaf, str)}
    fitting = [live for live in alike.lives if live.id in ids]
    if len(fitting) != 1:
        return None
    unread = {name: None for name, each in alike.type.attributes.items() if each.write_only}
    (live,) = fitting
    return Found(alike.address, alike.type.name, replace(live, values={**unread, **live.values}))


def _nameless(type_: ResourceType) -> bool:
    return not (type_.marked or type_.recorded or type_ is FILE)


async def _listed(adapter: Adapter, taken: Collection[str]) -> list[Live]:
    return [live async for page in adapter.pages() for live in page if live.id not in taken]


def _same(resource: Resource, lives: Collection[Live]) -> tuple[Live, ...]:
    wanted = signature(resource.type, resource.values)
    return tuple(live for live in lives if signature(resource.type, live.values) == wanted)
