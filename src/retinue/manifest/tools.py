"""Building the tools of assistants: references resolved, none of them twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from retinue.manifest.context import Context, Declaration
from retinue.manifest.functions import function_tool
from retinue.manifest.model import (
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    Json,
    Mcp,
    PlainTool,
    Reference,
    Tool,
    WebSearch,
)
from retinue.manifest.references import refer, resolved
from retinue.manifest.times import check_timezone
from retinue.manifest.upgrade import FirstApi
from retinue.problem import KeyPath

_SECRET_HEADER: Final = re.compile(
    r"authorization|cookie|(^|-)(auth|api-?key|key|token|secret|password|credentials?)$",
    re.IGNORECASE,
)
"""Names of headers that carry a secret wherever they are used."""


def build_tools(
    context: Context, owner: Declaration, first_api: FirstApi
) -> tuple[Tool, ...] | None:
    """Return the tools of an assistant, None where the manifest does not name them."""
    if "tools" not in owner.value:
        return None
    tools: list[Tool] = []
    seen: set[str] = set()
    for index, written in enumerate(owner.value["tools"]):
        value = {"type": written} if isinstance(written, str) else written
        tool = _tool(_Entry(context, owner, value or {}, index, first_api))
        if tool is not None and _is_first_of_its_sort(context, owner, tool, index, seen):
            tools.append(tool)
    return tuple(tools)


def tool_type(tool: Tool) -> str:
    """Return the type of a tool as manifests write it."""
    match tool:
        case CodeInterpreter():
            return "code_interpreter"
        case FileSearch():
            return "file_search"
        case FunctionTool():
            return "function"
        case WebSearch():
            return "web_search"
        case Mcp():
            return "mcp"
        case PlainTool(definition=definition):
            return str(definition["type"])


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tool as an assistant writes it, and what it takes to build it."""

    context: Context
    owner: Declaration
    value: dict[str, Any]
    index: int
    first_api: FirstApi

    def path(self, *path: str | int) -> KeyPath:
        return ("tools", self.index, *path)

    def refer(self, kind: str, key: str) -> Reference | None:
        """Resolve the reference at ``key``, None where it is not named."""
        if key not in self.value:
            return None
        return refer(self.context, self.owner, kind, self.value[key], *self.path(key))

    def pick(self, *keys: str) -> dict[str, Json]:
        return {key: self.value[key] for key in keys if key in self.value}

    def without(self, *keys: str) -> dict[str, Json]:
        return {key: value for key, value in self.value.items() if key not in keys}


def _tool(entry: _Entry) -> Tool | None:
    kind = entry.value.get("type")
    if kind is None:
        return None
    build = _BUILDERS.get(kind)
    return PlainTool(entry.value) if build is None else build(entry)


def _code_interpreter(entry: _Entry) -> CodeInterpreter:
    if entry.first_api.code_files is not None:
        return CodeInterpreter(entry.first_api.code_files)
    if "files" not in entry.value:
        return CodeInterpreter()
    written, path = entry.value["files"], entry.path("files")
    return CodeInterpreter(tuple(resolved(entry.context, entry.owner, "file", written, *path)))


def _file_search(entry: _Entry) -> FileSearch:
    store = entry.refer("vector_store", "vector_store")
    lost = store is None and entry.owner.places.written(*entry.path("vector_store"))
    return FileSearch(store, entry.pick("max_num_results", "ranking_options"), unresolved=lost)


def _retrieval(entry: _Entry) -> FileSearch | None:
    return None if entry.first_api.refused else FileSearch(entry.first_api.store, retrieval=True)


def _function(entry: _Entry) -> FunctionTool | None:
    if "function" not in entry.value:
        return None
    written, options = entry.value["function"], entry.pick("defer_loading", "async")
    path = entry.path("function")
    return function_tool(entry.context, entry.owner, written, options, *path)


def _web_search(entry: _Entry) -> WebSearch:
    zone = entry.value.get("location", {}).get("timezone")
    if zone is not None:
        check_timezone(entry.context, entry.owner, zone, *entry.path("location", "timezone"))
    return WebSearch(entry.without("type"))


def _mcp(entry: _Entry) -> Mcp | None:
    for name in entry.value.get("headers", {}):
        place = entry.owner.places.at(*entry.path("headers", name))
        if _SECRET_HEADER.search(name) and not entry.context.told(place, "SECRET"):
            entry.context.report(
                "SECRET",
                place,
                f"the header {name} carries a secret, and secrets don't belong in git",
                "declare it under credentials:, and name that as credential: of the tool",
            )
    credential = entry.refer("credential", "credential")
    if "server_label" not in entry.value:
        return None
    options = entry.without("type", "server_label", "credential")
    return Mcp(entry.value["server_label"], options, credential)


_BUILDERS: Final[dict[str, Callable[[_Entry], Tool | None]]] = {
    "code_interpreter": _code_interpreter,
    "file_search": _file_search,
    "function": _function,
    "mcp": _mcp,
    "retrieval": _retrieval,
    "web_search": _web_search,
}
"""Tools that are more than their mapping."""


def _is_first_of_its_sort(
    context: Context, owner: Declaration, tool: Tool, index: int, seen: set[str]
) -> bool:
    """Tell whether a tool may join the others; report one that is there already."""
    sort = _sort(tool)
    if sort not in seen:
        seen.add(sort)
        return True
    hint = (
        "an assistant has one vector store: put all files into it"
        if isinstance(tool, FileSearch)
        else "keep one of the two"
    )
    context.report(
        "DUPLICATE-TOOL",
        owner.places.at("tools", index),
        f"{owner.address} has the {sort} twice",
        hint,
    )
    return False


def _sort(tool: Tool) -> str:
    match tool:
        case FunctionTool(definition=definition):
            return f"function {definition.get('name')!r}"
        case Mcp(label=label):
            return f"MCP server {label!r}"
        case _:
            return f"tool {tool_type(tool)}"
