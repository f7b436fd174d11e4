"""Building assistants: texts composed, tools resolved, the platform's limits kept."""

from __future__ import annotations

from typing import Any

from retinue.manifest.checks import build_checks
from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.functions import check_schema, function_tool
from retinue.manifest.instructions import compose_instructions
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    Json,
    Reference,
    Tool,
)
from retinue.manifest.references import refer, resolved_files
from retinue.manifest.schema import ASSISTANT_FIELDS
from retinue.manifest.upgrade import FirstApi, read_first_api

_SEARCH_OPTIONS = ("max_num_results", "ranking_options")


def build_assistants(context: Context) -> None:
    """Add every declared assistant, and what the first API's form implies."""
    for owner in context.of_kind("assistant"):
        first_api = read_first_api(context, owner)
        tools = _tools(context, owner, first_api)
        context.resources[owner.address] = Assistant(
            address=owner.address,
            fields=_fields(context, owner),
            tools=tools,
            lifecycle=lifecycle(owner.value),
            checks=build_checks(context, owner, tools),
            places=owner.places,
        )


def _fields(context: Context, owner: Declaration) -> dict[str, Json]:
    fields = owner.pick(ASSISTANT_FIELDS)
    if "instructions" in fields:
        fields["instructions"] = compose_instructions(context, owner, fields["instructions"])
    _check_response_format(context, owner, fields.get("response_format"))
    return {"name": owner.address.name, **fields}


def _check_response_format(context: Context, owner: Declaration, written: Any) -> None:
    body = written.get("json_schema") if isinstance(written, dict) else None
    schema = body.get("schema") if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(schema, dict):
        path = (*owner.path, "response_format", "json_schema", "schema")
        check_schema(context, owner.document, path, schema, strict=body.get("strict") is True)


def _tools(context: Context, owner: Declaration, first_api: FirstApi) -> tuple[Tool, ...] | None:
    if "tools" not in owner.value:
        return None
    tools: list[Tool] = []
    seen: set[str] = set()
    for index, written in enumerate(owner.value["tools"]):
        entry = {"type": written} if isinstance(written, str) else written
        tool = _tool(context, owner, entry, index, first_api) if entry is not None else None
        if tool is None:
            continue
        if _is_first_of_its_sort(context, owner, tool, index, seen):
            tools.append(tool)
    return tuple(tools)


def _tool(
    context: Context, owner: Declaration, entry: dict[str, Any], index: int, first_api: FirstApi
) -> Tool | None:
    kind = entry.get("type")
    if kind == "code_interpreter":
        if first_api.code_files is not None:
            return CodeInterpreter(first_api.code_files)
        return CodeInterpreter(_files(context, owner, entry, index))
    if kind == "file_search":
        return _file_search(context, owner, entry, index)
    if kind == "retrieval":
        return None if first_api.refused else FileSearch(first_api.store)
    if "function" in entry:
        return function_tool(context, owner, entry["function"], "tools", index, "function")
    return None


def _files(
    context: Context, owner: Declaration, entry: dict[str, Any], index: int
) -> tuple[Reference, ...] | None:
    if "files" not in entry:
        return None
    return tuple(resolved_files(context, owner, entry["files"], "tools", index, "files"))


def _file_search(
    context: Context, owner: Declaration, entry: dict[str, Any], index: int
) -> FileSearch:
    store = None
    if "vector_store" in entry:
        path = ("tools", index, "vector_store")
        store = refer(context, owner, "vector_store", entry["vector_store"], *path)
    options = {key: entry[key] for key in _SEARCH_OPTIONS if key in entry}
    return FileSearch(store, options)


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
    if isinstance(tool, FunctionTool):
        return f"function {tool.definition.get('name')!r}"
    return "tool code_interpreter" if isinstance(tool, CodeInterpreter) else "tool file_search"
