"""Find our files again when the state has lost them: files themselves carry no marker.

A file in one of our vector stores is named by the mark on its attachment, content digest included.
A file of an assistant's code_interpreter is recognised by name, size, purpose and by who uses it;
its content is then taken as unknown, which replaces it rather than trusting it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from retinue.address import Address
from retinue.engine.inventory import Found
from retinue.engine.lookup import signature
from retinue.engine.repair import Repaired
from retinue.engine.tasks import together
from retinue.kinds.attachments import read_mark
from retinue.kinds.base import Adapter, Live, Resource
from retinue.kinds.file import FILE
from retinue.kinds.marker import Owner

Item = TypeVar("Item")


async def recover_files(
    adapters: Mapping[str, Adapter], repaired: Repaired, desired: Mapping[Address, Resource]
) -> list[Found]:
    """Untracked files that declared addresses can take over; empty while the state is whole."""
    there = repaired.alive
    missing = {
        address: resource
        for address, resource in desired.items()
        if resource.type is FILE and address not in there
    }
    holders = [*there.values(), *(found.live for found in repaired.inventory.marked)]
    if not missing or not holders:
        return []
    taken = repaired.snapshot.objects()
    owner = Owner(repaired.snapshot.project, repaired.snapshot.stack)
    digests = {i: mark for i, mark in _attached(holders, owner) if i not in taken}
    users = _interpreted(repaired.inventory.marked)
    loose = {i for i in users if i not in taken and i not in digests}
    lives = await together(adapters[FILE.name].read(i) for i in sorted({*digests, *loose}))
    served = [live for live in lives if live is not None]
    named = {name for name, _ in digests.values()}
    unnamed = {a: resource for a, resource in missing.items() if str(a) not in named}
    found = list(_by_mark(missing, served, digests))
    candidates = [live for live in served if live.id not in digests]
    return [*found, *_by_use(unnamed, candidates, users, _declared_users(desired))]


def _attached(holders: Iterable[Live], owner: Owner) -> Iterable[tuple[str, tuple[str, str]]]:
    """(file ID, (address, digest)) of every attachment that carries a mark of ``owner``."""
    for live in holders:
        for item in live.raw.get("files") or ():
            mark = read_mark(item)
            if mark is not None and mark.owner == owner:
                yield item["id"], (mark.file, mark.sha256)


def _interpreted(marked: Iterable[Found]) -> dict[str, frozenset[Address]]:
    """File ID to the assistants of ours whose code_interpreter has it."""
    users: dict[str, set[Address]] = {}
    for found in marked:
        resources: Mapping[str, Any] = found.live.raw.get("tool_resources") or {}
        for file_id in (resources.get("code_interpreter") or {}).get("file_ids") or ():
            users.setdefault(file_id, set()).add(found.address)
    return {file_id: frozenset(addresses) for file_id, addresses in users.items()}


def _declared_users(desired: Mapping[Address, Resource]) -> dict[Address, frozenset[Address]]:
    """File address to the resources that the manifests let use it."""
    users: dict[Address, set[Address]] = {}
    for address, resource in desired.items():
        for used in resource.depends_on:
            users.setdefault(used, set()).add(address)
    return {address: frozenset(found) for address, found in users.items()}


def _by_mark(
    missing: Mapping[Address, Resource],
    lives: Iterable[Live],
    digests: Mapping[str, tuple[str, str]],
) -> Iterable[Found]:
    by_name = {str(address): address for address in missing}
    for live in lives:
        name, sha256 = digests.get(live.id, ("", ""))
        if name in by_name:
            yield Found(by_name[name], FILE.name, _with_digest(live, sha256))


def _by_use(
    missing: Mapping[Address, Resource],
    lives: Iterable[Live],
    users: Mapping[str, frozenset[Address]],
    declared: Mapping[Address, frozenset[Address]],
) -> Iterable[Found]:
    """Pair look-alikes used by the same assistants first, then what is left of each look.

    All of them are replaced, so that it does not matter which is whose; one too many would.
    """
    live = {item.id: item for item in sorted(lives, key=lambda item: item.id)}
    addresses = sorted(missing)
    for exact in (True, False):
        wanted = _grouped(
            (a, (signature(FILE, missing[a].values), declared.get(a) if exact else None))
            for a in addresses
        )
        there = _grouped(
            (i, (signature(FILE, item.values), users.get(i) if exact else None))
            for i, item in live.items()
        )
        for key, group in wanted.items():
            ids = there.get(key, [])
            if len(ids) == len(group):
                addresses = [address for address in addresses if address not in group]
                for address, file_id in zip(group, ids, strict=True):
                    yield Found(address, FILE.name, _with_digest(live.pop(file_id), None))


def _grouped(items: Iterable[tuple[Item, Any]]) -> dict[Any, list[Item]]:
    groups: dict[Any, list[Item]] = {}
    for item, key in items:
        groups.setdefault(key, []).append(item)
    return groups


def _with_digest(live: Live, sha256: str | None) -> Live:
    return replace(live, values={**live.values, "sha256": sha256})
