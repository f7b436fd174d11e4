"""From live objects to what a manifest would say: the way back of `retinue import`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.kinds.base import Live
from retinue.kinds.values import Values
from retinue.targets.assistants import ASSISTANT

Names = Mapping[str, str]
"""Platform ID to the resource name that stands for it in the same project."""

_PLAIN = (
    "name",
    "model",
    "description",
    "instructions",
    "temperature",
    "top_p",
    "reasoning_effort",
    "response_format",
    "metadata",
)


def assistant_manifest(live: Live, names: Names) -> dict[str, Any]:
    """An assistant as a manifest declares it; fields at the platform's default are left out."""
    return assistant_body(live.values, names)


def assistant_body(values: Values, names: Names) -> dict[str, Any]:
    """The same, from the fields of the object as version 2 of the API returns them."""
    attributes = ASSISTANT.attributes
    body = {
        name: values[name]
        for name in _PLAIN
        if name in values and values[name] not in (attributes[name].default, None)
    }
    resources: Mapping[str, Any] = values.get("tool_resources") or {}
    tools = [_tool(tool, resources, names) for tool in values.get("tools") or ()]
    return {**body, "tools": tools} if tools else body


def _tool(tool: Mapping[str, Any], resources: Mapping[str, Any], names: Names) -> dict[str, Any]:
    kind = tool["type"]
    slots: Mapping[str, Any] = resources.get(kind) or {}
    if kind == "code_interpreter":
        files = [_reference(i, names) for i in slots.get("file_ids") or ()]
        return {"type": kind, **({"files": files} if files else {})}
    if kind == "file_search":
        stores = [_reference(i, names) for i in slots.get("vector_store_ids") or ()]
        options = {k: v for k, v in (tool.get(kind) or {}).items() if v is not None}
        return {"type": kind, **({"vector_store": stores[0]} if stores else {}), **options}
    if kind == "function":
        function = {k: v for k, v in tool["function"].items() if v not in (None, False)}
        return {"type": kind, "function": function}
    return dict(tool)


def vector_store_manifest(live: Live, names: Names) -> dict[str, Any]:
    """A vector store as a manifest declares it; ``live`` is complete, files included."""
    body = {
        name: live.values[name]
        for name in ("name", "expires_after", "metadata")
        if live.values.get(name)
    }
    files = [_attachment(item, names) for item in live.values.get("files") or ()]
    return {**body, "files": files} if files else body


def _attachment(item: Mapping[str, Any], names: Names) -> Any:
    reference = _reference(item["id"], names)
    if not item.get("attributes"):
        return reference
    key = {"file": reference} if isinstance(reference, str) else reference
    return {**key, "attributes": item["attributes"]}


def _reference(object_id: str, names: Names) -> Any:
    return names.get(object_id) or {"id": object_id}
