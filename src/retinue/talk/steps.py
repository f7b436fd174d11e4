"""Tools that ran on the platform, from items of responses and of sessions, which are alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from retinue.kinds.api import Object
from retinue.talk.events import StepDone, StepKind

_KINDS: Mapping[str, StepKind] = {
    "code_interpreter_call": "code_interpreter",
    "file_search_call": "file_search",
    "function_call": "function",
}
_TOOLS = ("command_execution", "mcp_list_tools")
"""Items that are tools at work, besides all whose type ends in ``_call``."""

_BAD = ("failed", "incomplete")


def is_step(item: Object) -> bool:
    """Whether an item is a tool at work."""
    kind = str(item.get("type"))
    return kind.endswith("_call") or kind in _TOOLS


def id_of(item: Object) -> str:
    """What a step is known by: a function call by the ID that its output goes to."""
    return str(item.get("call_id") or item.get("id") or "")


def kind_of(item: Object) -> StepKind:
    """What kind of tool it is."""
    return _KINDS.get(str(item.get("type")), "other")


def name_of(item: Object) -> str:
    """A function by its name, an MCP server's tool as ``server.tool``, all others by their type."""
    kind = str(item.get("type"))
    if kind == "function_call":
        return str(item.get("name"))
    if kind == "mcp_call":
        return f"{item.get('server_label')}.{item.get('name')}"
    return kind.removesuffix("_call")


def done(item: Object) -> StepDone:
    """A tool that has finished, of those that need no look at the project's files."""
    given, gave = _inside(item)
    return StepDone(id_of(item), kind_of(item), name_of(item), given, gave, error=error_of(item))


def error_of(item: Object) -> str | None:
    """Why a tool failed; None if it did not."""
    error = item.get("error")
    if error:
        said = error.get("message") if isinstance(error, Mapping) else None
        return str(said or as_text(error))
    status = item.get("status")
    return f"the step is {status}" if status in _BAD else None


def as_text(value: Any) -> str:
    """A text as it is, nothing as none, all else as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _inside(item: Object) -> tuple[str, str]:
    """What went into a tool, and what came out."""
    match item.get("type"):
        case "code_interpreter_call":
            printed = [_printed(each) for each in item.get("outputs") or ()]
            return str(item.get("code") or ""), "\n".join(printed)
        case "web_search_call":
            return _looked_for(item.get("action") or {}), ""
        case "command_execution":
            return str(item.get("command") or ""), str(item.get("output") or "")
        case _:
            return as_text(item.get("arguments")), as_text(item.get("output"))


def _looked_for(action: Object) -> str:
    queries = action.get("queries") or [action.get("query") or action.get("pattern")]
    return "; ".join(str(each) for each in (*queries, action.get("url")) if each)


def _printed(output: Object) -> str:
    if output.get("type") == "logs":
        return str(output.get("logs") or "").rstrip("\n")
    url = str(output.get("url") or "")
    return f"[{output.get('type')}]" if not url or url.startswith("data:") else f"[image {url}]"
