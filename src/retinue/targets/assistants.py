"""The target ``assistants``: an assistant is an object under ``/assistants`` (v2 wire)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from retinue.kinds.api import Object
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write, same_keys
from retinue.kinds.collection import Collection
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.metadata import MARK, METADATA, marked_live, metadata_to_send, touches_metadata
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    Mcp,
    PlainTool,
    Tool,
    WebSearch,
)
from retinue.targets import compiling


def _identity(tool: Mapping[str, Any]) -> tuple[Any, Any]:
    return tool.get("type"), (tool.get("function") or {}).get("name")


def _managed_tools(live: Any, wanted: Any, applied: Any) -> Any:
    """Pair tools by type and function name, then drop what the server filled in."""
    by_want = {_identity(tool): tool for tool in wanted or ()}
    by_applied = {_identity(tool): tool for tool in applied or ()}
    return [
        same_keys(tool, by_want.get(key), by_applied.get(key))
        if (key := _identity(tool)) in by_want or key in by_applied
        else tool
        for tool in live or ()
    ]


def _plain_tools(tools: Any) -> Any:
    """Tools without nulls and empty options; ``strict`` is false unless said otherwise."""
    return [_without_nothing(_with_strict(tool)) for tool in tools or ()]


def _with_strict(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    if tool.get("type") != "function":
        return tool
    function = dict(tool.get("function") or {})
    function["strict"] = bool(function.get("strict"))
    return {**tool, "function": function}


def _without_nothing(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item is not None and item != {}}


def _filled_resources(resources: Any) -> Any:
    """Tool resources without empty lists, IDs in one order."""
    filled: dict[str, Any] = {}
    for tool, slots in (resources or {}).items():
        kept = {name: sorted(ids, key=str) for name, ids in (slots or {}).items() if ids}
        if kept:
            filled[tool] = kept
    return filled


ASSISTANT = ResourceType(
    name="assistants.assistant",
    kind="assistant",
    title="assistant",
    closing=True,
    attributes={
        "name": Attribute(default=None),
        "description": Attribute(default=None),
        "model": Attribute(default=None),
        "instructions": Attribute(default=None),
        "tools": Attribute(default=[], normalise=_plain_tools, reduce=_managed_tools),
        "tool_resources": Attribute(default={}, normalise=_filled_resources),
        "temperature": Attribute(default=1.0),
        "top_p": Attribute(default=1.0),
        "reasoning_effort": Attribute(default=None, write_only=True),
        "response_format": Attribute(default="auto"),
        "metadata": METADATA,
        MARKER: MARK,
    },
)


_PARTS = {"tools": ("tools", "tool_resources")}


def compile_assistant(assistant: Assistant, context: Context) -> Resource:
    """Turn a declared assistant into what the engine compares."""
    values: dict[str, Any] = dict(assistant.fields)
    values[MARKER] = context.owner.mark(assistant.address)
    if assistant.tools is not None:
        values["tools"] = [_tool(tool) for tool in assistant.tools]
        values["tool_resources"] = _resources(assistant.tools)
    uses = compiling.references(assistant)
    return resource_of(assistant, ASSISTANT, values, uses=uses, parts=_PARTS)


def _tool(tool: Tool) -> dict[str, Any]:
    match tool:
        case CodeInterpreter():
            return {"type": "code_interpreter"}
        case FileSearch(options=options):
            extra = {"file_search": dict(options)} if options else {}
            return {"type": "file_search", **extra}
        case FunctionTool(definition=definition):
            return {"type": "function", "function": dict(definition)}
        case WebSearch() | Mcp() | PlainTool():
            raise compiling.not_here(tool, "assistants")


def _resources(tools: Iterable[Tool]) -> dict[str, Any]:
    """What the manifest attaches to its tools; a tool that names nothing manages nothing."""
    resources: dict[str, Any] = {}
    for tool in tools:
        if isinstance(tool, CodeInterpreter) and tool.files is not None:
            resources["code_interpreter"] = {"file_ids": [leaf(file) for file in tool.files]}
        if isinstance(tool, FileSearch) and tool.vector_store is not None:
            resources["file_search"] = {"vector_store_ids": [leaf(tool.vector_store)]}
    return resources


class AssistantAdapter(Collection):
    """Reads and writes ``/assistants``."""

    type = ASSISTANT
    path = "/assistants"

    def live(self, item: Object) -> Live:
        shown = {n: item[n] for n in ASSISTANT.attributes if n in item and n != "metadata"}
        return marked_live(item, shown)

    async def create(self, write: Write) -> Live:
        body = {name: write.values[name] for name in write.changed - {MARKER, "metadata"}}
        body["metadata"] = metadata_to_send(write)
        return self.live(await self._api.create(self.path, body))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        body = {name: write.values[name] for name in write.changed - {MARKER, "metadata"}}
        if "tool_resources" in body:
            body["tool_resources"] = _emptied(body["tool_resources"], live)
        if touches_metadata(write):
            body["metadata"] = metadata_to_send(write, live)
        return self.live(await self._api.change(f"{self.path}/{object_id}", body))


def _emptied(wanted: Mapping[str, Any], live: Live) -> dict[str, Any]:
    """Say "none" for tools that lose their resources: what is left out would stay as it is."""
    present: Mapping[str, Any] = live.raw.get("tool_resources") or {}
    empty: dict[str, Any] = {
        tool: {name: [] for name in slots or {}} for tool, slots in present.items()
    }
    return {**empty, **wanted}
