"""Who uses whom in a manifest, functions included. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from retinue.address import Address
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    Declared,
    FileSearch,
    FunctionTool,
    Manifest,
    Reference,
    Tool,
    VectorStore,
)


def edges(manifest: Manifest) -> set[tuple[Address, Address]]:
    """Pairs (user, used) of addresses."""
    return {
        (address, used)
        for address, item in manifest.resources.items()
        for used in _used(item)
        if isinstance(used, Address)
    }


def _used(item: Declared) -> Iterator[Reference | None]:
    if isinstance(item, VectorStore):
        yield from (attached.file for attached in item.files or ())
    elif isinstance(item, Assistant):
        for tool in item.tools or ():
            yield from _used_by_tool(tool)


def _used_by_tool(tool: Tool) -> Iterator[Reference | None]:
    match tool:
        case CodeInterpreter(files=files):
            yield from files or ()
        case FileSearch(vector_store=store):
            yield store
        case FunctionTool(source=source):
            yield source
        case _:
            return
