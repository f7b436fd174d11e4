"""The target ``assistants``: an assistant is an object under ``/assistants`` (v2 wire)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from retinue.kinds.api import Api, Object
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write, same_keys
from retinue.kinds.desired import Context, addresses, leaf
from retinue.kinds.marker import Marker
from retinue.kinds.metadata import MARK, METADATA, marked_values, metadata_to_send, touches_metadata
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    PlainTool,
    Reference,
    Tool,
)

PAGE = 100


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
    function = dict(tool["function"])
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


def compile_assistant(assistant: Assistant, context: Context) -> Resource:
    """Turn a declared assistant into what the engine compares."""
    values: dict[str, Any] = dict(assistant.fields)
    values[MARKER] = context.owner.mark(assistant.address)
    if assistant.tools is not None:
        values["tools"] = [_tool(tool) for tool in assistant.tools]
        values["tool_resources"] = _resources(assistant.tools)
    return Resource(
        address=assistant.address,
        type=ASSISTANT,
        values=values,
        depends_on=addresses(_references(assistant.tools or ())),
        protect=assistant.lifecycle.protect,
        ignore_changes=_ignored(assistant.lifecycle.ignore_changes),
        place=assistant.places.at(),
    )


def _ignored(fields: Sequence[str]) -> frozenset[str]:
    """A field of the manifest may be more than one attribute: tools carry their resources."""
    return frozenset(fields) | ({"tool_resources"} if "tools" in fields else frozenset())


def _tool(tool: Tool) -> dict[str, Any]:
    match tool:
        case CodeInterpreter():
            return {"type": "code_interpreter"}
        case FileSearch(options=options):
            extra = {"file_search": dict(options)} if options else {}
            return {"type": "file_search", **extra}
        case FunctionTool(definition=definition):
            return {"type": "function", "function": dict(definition)}
        case PlainTool(definition=definition):
            return dict(definition)


def _resources(tools: Iterable[Tool]) -> dict[str, Any]:
    """What the manifest attaches to its tools; a tool that names nothing manages nothing."""
    resources: dict[str, Any] = {}
    for tool in tools:
        if isinstance(tool, CodeInterpreter) and tool.files is not None:
            resources["code_interpreter"] = {"file_ids": [leaf(file) for file in tool.files]}
        if isinstance(tool, FileSearch) and tool.vector_store is not None:
            resources["file_search"] = {"vector_store_ids": [leaf(tool.vector_store)]}
    return resources


def _references(tools: Iterable[Tool]) -> Iterable[Reference]:
    for tool in tools:
        if isinstance(tool, CodeInterpreter):
            yield from tool.files or ()
        elif isinstance(tool, FileSearch) and tool.vector_store is not None:
            yield tool.vector_store


class AssistantAdapter:
    """Reads and writes ``/assistants``."""

    type = ASSISTANT

    def __init__(self, api: Api) -> None:
        self._api = api

    async def pages(self) -> AsyncIterator[Sequence[Live]]:
        async for page in self._api.pages("/assistants", size=PAGE):
            yield [_live(item) for item in page]

    async def complete(self, live: Live) -> Live:
        return live

    async def read(self, object_id: str) -> Live | None:
        found = await self._api.find(f"/assistants/{object_id}")
        return None if found is None else _live(found)

    async def create(self, write: Write) -> Live:
        body = {name: write.values[name] for name in write.changed - {MARKER, "metadata"}}
        body["metadata"] = metadata_to_send(write)
        return _live(await self._api.create("/assistants", body))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        body = {name: write.values[name] for name in write.changed - {MARKER, "metadata"}}
        if "tool_resources" in body:
            body["tool_resources"] = _emptied(body["tool_resources"], live)
        if touches_metadata(write):
            body["metadata"] = metadata_to_send(write, live)
        return _live(await self._api.change(f"/assistants/{object_id}", body))

    async def delete(self, object_id: str) -> None:
        await self._api.delete(f"/assistants/{object_id}")


def _emptied(wanted: Mapping[str, Any], live: Live) -> dict[str, Any]:
    """Say "none" for tools that lose their resources: what is left out would stay as it is."""
    present: Mapping[str, Any] = live.raw.get("tool_resources") or {}
    empty: dict[str, Any] = {
        tool: {name: [] for name in slots or {}} for tool, slots in present.items()
    }
    return {**empty, **wanted}


def _live(item: Object) -> Live:
    fields = (name for name in ASSISTANT.attributes if name in item and name != "metadata")
    marker = Marker.read(item.get("metadata"))
    return Live(
        id=str(item["id"]),
        values={**{name: item[name] for name in fields}, **marked_values(item, marker)},
        created_at=int(item.get("created_at") or 0),
        marker=marker,
        raw=item,
    )
