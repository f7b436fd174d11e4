"""The target ``responses``: an assistant is a request that applications send along.

There is no object on the platform. What an apply brings about is a release, ``tutor@3``, whose
entry in the state holds the whole request; the number grows with every change. `request_of` gives
the request of a release.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from retinue.kinds.api import Api
from retinue.kinds.base import Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.metadata import whole
from retinue.kinds.values import Values, digest
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    Json,
    Mcp,
    PlainTool,
    Tool,
    WebSearch,
)
from retinue.targets import compiling

_NOTHING: Final[tuple[Any, ...]] = (None, {}, [])


def _or_nothing(value: Any) -> Any:
    """An empty list or mapping asks for nothing, like none at all."""
    return None if value in _NOTHING else value


ALONE: Final = ("name", "description")
"""What a release says of itself, and no request."""

_REQUEST: Final = (
    "model",
    "instructions",
    "tools",
    "text",
    "reasoning",
    "temperature",
    "top_p",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "truncation",
    "service_tier",
    "metadata",
)

_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "response_format": ("text", "format"),
    "verbosity": ("text", "verbosity"),
    "reasoning_effort": ("reasoning", "effort"),
    "reasoning_summary": ("reasoning", "summary"),
}
"""Where a field of the manifest stands in the request; all others keep their names."""

RESPONSE = ResourceType(
    name="responses.assistant",
    kind="assistant",
    title="assistant",
    marked=False,
    recorded=True,
    attributes={
        **{name: Attribute(normalise=_or_nothing, reduce=whole) for name in (*ALONE, *_REQUEST)},
        "digest": Attribute(computed=True),
    },
)


def compile_response(assistant: Assistant, context: Context) -> Resource:
    """Turn a declared assistant into what the engine compares: the whole request.

    Nobody but us changes a release, so ``ignore_changes`` has nothing to leave alone.
    """
    del context
    values: dict[str, Any] = {}
    for field, written in assistant.fields.items():
        value = _format(written) if field == "response_format" else written
        outer, inner = _PLACES.get(field, (field, None))
        if inner is None:
            values[outer] = value
        else:
            values.setdefault(outer, {})[inner] = value
    if assistant.tools is not None:
        values["tools"] = [made for tool in assistant.tools for made in _tool(tool)]
    made = resource_of(assistant, RESPONSE, values, uses=compiling.references(assistant))
    return replace(made, ignore_changes=frozenset())


def _format(written: Any) -> dict[str, Any]:
    if written == "auto":
        return {"type": "text"}
    return {"type": written["type"], **written.get("json_schema", {})}


def _tool(tool: Tool) -> list[dict[str, Any]]:
    """A tool of the request; none for one that the manifest turns off, for it has no off."""
    match tool:
        case CodeInterpreter(files=files):
            ids = {"file_ids": [leaf(file) for file in files]} if files else {}
            return [{"type": "code_interpreter", "container": {"type": "auto", **ids}}]
        case FileSearch(vector_store=store, options=options):
            stores = [] if store is None else [leaf(store)]
            return [{"type": "file_search", "vector_store_ids": stores, **options}]
        case FunctionTool(definition=definition):
            # Left out, it would be true here, where it is false on the Assistants API.
            strict = bool(definition.get("strict"))
            return [{**compiling.function_of(tool), "strict": strict}]
        case WebSearch(options=options):
            return [] if options.get("mode") == "disabled" else [_web_search(options)]
        case Mcp(label=label, options=options):
            return [{"type": "mcp", "server_label": label, **options}]
        case PlainTool(definition=definition):
            kept = {key: value for key, value in definition.items() if key != "enabled"}
            return [] if definition.get("enabled") is False else [kept]


def _web_search(options: Mapping[str, Json]) -> dict[str, Any]:
    tool: dict[str, Any] = {"type": "web_search"}
    if "allowed_domains" in options:
        tool["filters"] = {"allowed_domains": options["allowed_domains"]}
    if "context_size" in options:
        tool["search_context_size"] = options["context_size"]
    if isinstance(location := options.get("location"), Mapping):
        tool["user_location"] = {"type": "approximate", **location}
    if "mode" in options:
        tool["external_web_access"] = options["mode"] == "live"
    return tool


def request_of(values: Values) -> dict[str, Any]:
    """The keyword arguments for ``client.responses.create``, from the values of a release."""
    return {name: values[name] for name in _REQUEST if values.get(name) not in _NOTHING}


def release_of(object_id: str) -> int:
    """The number of a release."""
    return int(object_id.rpartition("@")[2])


class ResponseAdapter:
    """Numbers the releases. Asks the platform nothing, for it knows nothing of them."""

    type = RESPONSE

    def __init__(self, api: Api) -> None:
        del api

    async def pages(self, within: Iterable[str] | None = None) -> AsyncIterator[Sequence[Live]]:
        del within
        none: tuple[Sequence[Live], ...] = ()
        for page in none:
            yield page

    async def complete(self, live: Live) -> Live:
        return live

    async def read(self, object_id: str) -> Live | None:
        del object_id
        return None

    async def create(self, write: Write) -> Live:
        return _release(write, 1)

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        del live
        return _release(write, release_of(object_id) + 1)

    async def delete(self, object_id: str) -> None:
        """Forgetting a release is all there is to do, and the state's business."""


def _release(write: Write, number: int) -> Live:
    request = request_of(write.values)
    return Live(
        id=f"{write.address.name}@{number}", values={**write.values, "digest": digest(request)}
    )
