"""The tools of saved agents: as a manifest means them, as they are sent, as they are compared.

The platform fills in what nobody said. A tool list is always replaced whole, so all that it says is
managed, and what the platform says by itself counts as unsaid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retinue.kinds.credential import parts_of
from retinue.kinds.desired import leaf
from retinue.manifest.model import FunctionTool, Mcp, PlainTool, Tool, WebSearch
from retinue.targets import compiling

_UNSAID: Final[Mapping[str, Mapping[str, tuple[Any, ...]]]] = {
    "function": {"defer_loading": (False,), "async": (None, False)},
    "programmatic_tool_calling": {"enabled": (True,)},
    "web_search": {
        "mode": ("live", None),
        "context_size": ("medium", None),
        "allowed_domains": (None,),
        "location": (None, {}),
    },
    "computer_use": {"include_screenshots": (False,)},
    "mcp": {
        "connection_origin": ("service", None),
        "required": (False,),
        "allowed_tools": (None,),
        "request_metadata": ({}, None),
        "credential_id": (None,),
    },
    "transport": {"headers": ({}, None), "args": ([], None), "env_vars": ([], None)},
    "location": dict.fromkeys(("city", "country", "region", "timezone"), (None,)),
}
"""By tool, or object within one: the values that mean as much as leaving the key out."""

_WITHIN: Final = ("transport", "location")

_ALWAYS: Final = frozenset(
    ("type", "name", "description", "parameters", "server_label", "server_url", "command", "cwd")
)
"""Keys that always say something."""


def compiled(tool: Tool) -> dict[str, Any]:
    """A tool as the platform has it, a credential by its reference."""
    match tool:
        case FunctionTool():
            return {"description": "", **compiling.function_of(tool)}
        case WebSearch(options=options):
            return {"type": "web_search", **options}
        case PlainTool(definition=definition):
            return dict(definition)
        case Mcp():
            return _mcp(tool)
        case _:
            raise compiling.not_here(tool, "agents")


def _mcp(tool: Mcp) -> dict[str, Any]:
    ways = ("server_url", "headers", "stdio")
    options = {key: value for key, value in tool.options.items() if key not in ways}
    if tool.credential is not None:
        options["credential_id"] = leaf(tool.credential)  # type: ignore[assignment]
    return {
        "type": "mcp",
        "server_label": tool.label,
        "transport": _transport(tool.options),
        **options,
    }


def _transport(options: Mapping[str, Any]) -> dict[str, Any]:
    if "stdio" in options:
        return {"type": "stdio", **options["stdio"]}
    return {"type": "http", **{k: options[k] for k in ("server_url", "headers") if k in options}}


def to_send(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool as a request has it: a credential goes without its vault."""
    if not tool.get("credential_id"):
        return dict(tool)
    return {**tool, "credential_id": _credential(tool["credential_id"])}


def _credential(object_id: Any) -> Any:
    """Our ID of a credential says its vault, the platform's does not."""
    if not isinstance(object_id, str):
        return object_id
    return parts_of(object_id)[1] or object_id


def bare(tools: Any) -> list[dict[str, Any]]:
    """Tools with all that says something, and nothing else."""
    return [to_send(_said(tool, str(tool.get("type")))) for tool in tools or ()]


def _said(value: Mapping[str, Any], what: str) -> dict[str, Any]:
    unsaid = _UNSAID.get(what, {})
    inner = {
        key: _said(item, key) if key in _WITHIN and isinstance(item, Mapping) else item
        for key, item in value.items()
    }
    return {key: item for key, item in inner.items() if item not in unsaid.get(key, ())}


def managed(live: Any, wanted: Any, applied: Any) -> Any:
    """Live tools as a manifest would say them: what the platform filled in is left out."""
    named = {_identity(tool): tool for tool in (*(applied or ()), *(wanted or ()))}
    return [_managed(tool, named.get(_identity(tool), {})) for tool in live or ()]


def _identity(tool: Mapping[str, Any]) -> tuple[Any, Any]:
    return tool.get("type"), tool.get("name") or tool.get("server_label")


def _managed(live: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(_kept(live, named, str(live.get("type"))))
    credential = named.get("credential_id")
    if credential and _credential(credential) == live.get("credential_id"):
        kept["credential_id"] = credential
    return kept


def _kept(
    live: Mapping[str, Any], named: Mapping[str, Any], what: str
) -> Iterator[tuple[str, Any]]:
    """What of ``live`` is named, or says something. Keys that we don't know say nothing."""
    unsaid = _UNSAID.get(what, {})
    for key, item in live.items():
        inner: Any = item
        if key in _WITHIN and isinstance(item, Mapping):
            inner = dict(_kept(item, named.get(key) or {}, key))
        known = key in _ALWAYS or key in _WITHIN or key in unsaid
        if key in named or (known and inner not in unsaid.get(key, ())):
            yield key, inner
