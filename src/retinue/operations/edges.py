"""Who uses whom in a manifest, functions included. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from retinue.address import Address
from retinue.manifest.model import (
    Assistant,
    Automation,
    CodeInterpreter,
    Credential,
    Declared,
    Environment,
    EnvironmentFile,
    FileSearch,
    FunctionTool,
    Manifest,
    Mcp,
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
    match item:
        case VectorStore(files=files):
            yield from (attached.file for attached in files or ())
        case Assistant(tools=tools, environment=environment, vaults=vaults):
            for tool in tools or ():
                yield from _used_by_tool(tool)
            yield from (environment, *(vaults or ()))
        case Environment(files=placed, skills=skills):
            yield from (each.file for each in placed or () if isinstance(each, EnvironmentFile))
            yield from (use.skill for use in skills or ())
        case Credential(vault=vault):
            yield vault
        case Automation(assistant=assistant, environment=environment, vaults=vaults):
            yield from (assistant, environment, *(vaults or ()))
        case _:
            return


def _used_by_tool(tool: Tool) -> Iterator[Reference | None]:
    match tool:
        case CodeInterpreter(files=files):
            yield from files or ()
        case FileSearch(vector_store=store):
            yield store
        case FunctionTool(source=source):
            yield source
        case Mcp(credential=credential):
            yield credential
        case _:
            return
