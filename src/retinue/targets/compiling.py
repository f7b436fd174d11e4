"""What compiling an assistant has in common on every surface of OpenAI. Pure.

Each target knows its own wire; this module knows the manifest's side alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    Mcp,
    Reference,
    Tool,
)
from retinue.manifest.tools import tool_type

NO_PARAMETERS: Mapping[str, Any] = {"type": "object", "properties": {}}
"""The arguments of a function that takes none, where a platform wants them spelled out."""


def references(assistant: Assistant) -> Iterator[Reference]:
    """All that an assistant uses."""
    for tool in assistant.tools or ():
        yield from _used_by(tool)
    yield from assistant.vaults or ()
    if assistant.environment is not None:
        yield assistant.environment


def _used_by(tool: Tool) -> Iterator[Reference]:
    match tool:
        case CodeInterpreter(files=files):
            yield from files or ()
        case FileSearch(vector_store=used) | Mcp(credential=used) if used is not None:
            yield used
        case _:
            return


def function_of(tool: FunctionTool) -> dict[str, Any]:
    """A function as every surface but ``assistants`` writes one: flat, its arguments spelled out,
    ``strict`` aside. One that names no arguments takes none."""
    parts = ("name", "description", "parameters")
    named = {key: tool.definition[key] for key in parts if key in tool.definition}
    return {"type": "function", "parameters": NO_PARAMETERS, **named, **tool.options}


def not_here(tool: Tool, target: str) -> AssertionError:
    """What to raise for a tool that `refusals.unsupported` keeps from being compiled."""
    what = f"target {target} has no {tool_type(tool)}"
    return AssertionError(f"{what}, which had to be refused before")
