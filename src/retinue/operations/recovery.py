"""Find our files again when the state has lost them: files themselves carry no marker.

A file in one of our vector stores is named by the mark on its attachment, content digest included.
A file of an assistant's code_interpreter is recognised by name, size and purpose; its content is
then taken as unknown, which replaces it rather than trusting it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from retinue.address import Address
from retinue.engine.inventory import Found
from retinue.engine.repair import Repaired
from retinue.engine.tasks import together
from retinue.kinds.base import Adapter, Live, Resource
from retinue.kinds.file import FILE

_SIGNATURE = ("filename", "bytes", "purpose")


async def recover_files(
    adapters: Mapping[str, Adapter], repaired: Repaired, desired: Mapping[Address, Resource]
) -> list[Found]:
    """Untracked files that declared addresses can take over; empty while the state is whole."""
    tracked = repaired.snapshot.entries
    missing = {
        address: resource
        for address, resource in desired.items()
        if resource.type is FILE and address not in tracked
    }
    marked = [found.live for found in repaired.inventory.marked]
    if not missing or not marked:
        return []
    taken = {i for entry in tracked.values() for i in (entry.id, *entry.deposed)}
    digests = {i: mark for i, mark in _attached(marked) if i not in taken}
    loose = {i for i in _interpreted(marked) if i not in taken and i not in digests}
    lives = await together(adapters[FILE.name].read(i) for i in sorted({*digests, *loose}))
    return list(_matched(missing, [live for live in lives if live is not None], digests))


def _attached(stores: Iterable[Live]) -> Iterable[tuple[str, tuple[str, str]]]:
    """(file ID, (address, digest)) of every marked attachment."""
    for store in stores:
        for item in store.values.get("files") or ():
            if "sha256" in item:
                yield item["id"], (item["file"], item["sha256"])


def _interpreted(assistants: Iterable[Live]) -> Iterable[str]:
    for assistant in assistants:
        resources: Mapping[str, Any] = assistant.raw.get("tool_resources") or {}
        yield from (resources.get("code_interpreter") or {}).get("file_ids") or ()


def _matched(
    missing: Mapping[Address, Resource],
    lives: Iterable[Live],
    digests: Mapping[str, tuple[str, str]],
) -> Iterable[Found]:
    by_signature: dict[tuple[Any, ...], list[Live]] = {}
    for live in lives:
        mark = digests.get(live.id)
        if mark is None:
            by_signature.setdefault(_signature(live.values), []).append(live)
        elif (known := Address.parse(mark[0])) in missing:
            yield Found(known, FILE.name, _with_digest(live, mark[1]))
    for address, resource in missing.items():
        same = by_signature.get(_signature(resource.values), [])
        if len(same) == 1:
            yield Found(address, FILE.name, _with_digest(same[0], None))


def _signature(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in _SIGNATURE)


def _with_digest(live: Live, sha256: str | None) -> Live:
    return replace(live, values={**live.values, "sha256": sha256})
