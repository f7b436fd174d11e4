"""Tools of agents: what a request may say of them, with the defaults that the platform fills in.

There are two dialects. A saved agent keeps no secrets, so its MCP transport has neither
``authorization`` nor ``env``; a session may have both, and they are never read back. Neither knows
file_search or code_interpreter. Only checks and shapes. Source: the types of OpenAI's SDK 3.52.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json

_MOST_TOOLS = 2000
_MOST_BYTES = 3 * 1024 * 1024
_TEXTS = checks.items(checks.text(), most=_MOST_TOOLS)
_HEADERS = checks.pairs(checks.text(), most=1000, longest_key=1024)
_WORD = checks.nullable(checks.text())

_FUNCTION = checks.filled(
    checks.record(
        {"async": checks.flag},
        required={
            "type": shapes.ALWAYS,
            "name": shapes.FUNCTION_NAME,
            "description": checks.text(),
            "parameters": checks.any_object,
        },
        defer_loading=checks.flag,
    ),
    {"defer_loading": False, "async": None},
)
_WEB_SEARCH = checks.filled(
    checks.record(
        type=shapes.ALWAYS,
        allowed_domains=checks.nullable(_TEXTS),
        context_size=checks.nullable(checks.choice("low", "medium", "high"), default="medium"),
        location=checks.nullable(
            checks.filled(
                checks.record(city=_WORD, country=_WORD, region=_WORD, timezone=_WORD),
                dict.fromkeys(("city", "country", "region", "timezone")),
            )
        ),
        mode=checks.nullable(checks.choice("disabled", "cached", "live"), default="live"),
    ),
    {"allowed_domains": None, "context_size": "medium", "location": None, "mode": "live"},
)
_PLAIN: Mapping[str, checks.Check] = {
    "function": _FUNCTION,
    "tool_search": checks.record(type=shapes.ALWAYS),
    "programmatic_tool_calling": checks.filled(
        checks.record(type=shapes.ALWAYS, enabled=checks.flag), {"enabled": True}
    ),
    "web_search": _WEB_SEARCH,
    "computer_use": checks.filled(
        checks.record(type=shapes.ALWAYS, include_screenshots=checks.flag),
        {"include_screenshots": False},
    ),
    "automations": checks.record(type=shapes.ALWAYS),
}

_HTTP = {"type": shapes.ALWAYS, "server_url": checks.text(shortest=1)}
_STDIO = {
    "type": shapes.ALWAYS,
    "command": checks.text(shortest=1),
    "cwd": checks.text(shortest=1),
}
_COMMON_HTTP = {"headers": checks.nullable(_HEADERS, default={})}
_COMMON_STDIO = {
    "args": checks.nullable(_TEXTS, default=[]),
    "env_vars": checks.nullable(_TEXTS, default=[]),
}


def _transport(*, secrets: bool) -> checks.Check:
    http = _COMMON_HTTP | ({"authorization": _WORD} if secrets else {})
    stdio = _COMMON_STDIO | ({"env": checks.nullable(_HEADERS, default={})} if secrets else {})
    return checks.tagged(
        http=checks.filled(checks.record(http, required=_HTTP), {"headers": {}}),
        stdio=checks.filled(checks.record(stdio, required=_STDIO), {"args": [], "env_vars": []}),
    )


def _mcp(transport: checks.Check) -> checks.Check:
    fields = checks.record(
        {"required": checks.flag},
        required={
            "type": shapes.ALWAYS,
            "server_label": checks.text(shortest=1),
            "transport": transport,
        },
        allowed_tools=checks.nullable(_TEXTS),
        connection_origin=checks.nullable(
            checks.choice("service", "environment"), default="service"
        ),
        credential_id=checks.nullable(shapes.ID),
        request_metadata=checks.nullable(checks.any_object, default={}),
    )
    defaults: Json = {
        "allowed_tools": None,
        "connection_origin": "service",
        "credential_id": None,
        "request_metadata": {},
        "required": False,
    }
    return checks.filled(fields, defaults)


def _tools(*, secrets: bool) -> checks.Check:
    one = checks.tagged(**_PLAIN, mcp=_mcp(_transport(secrets=secrets)))
    listed = checks.items(one, most=_MOST_TOOLS)

    def check(value: object, param: str) -> list[Json]:
        tools: list[Json] = listed(value, param)
        size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
        if size > _MOST_BYTES:
            reason = f"the tools take {size} bytes of compact JSON; at most {_MOST_BYTES} fit."
            raise refusals.invalid(param, reason)
        return tools

    return checks.nullable(check, default=[])


SAVED = _tools(secrets=False)
"""The tools of a saved agent; null stands for none."""

OF_SESSION = _tools(secrets=True)
"""The tools of a session or an automation; null stands for none."""


def shown_in_session(tools: Sequence[Json]) -> list[Json]:
    """Tools as a session shows them: without secrets, and without the search for tools, which is
    no tool of its own there."""
    return [_without_secrets(tool) for tool in tools if tool["type"] != "tool_search"]


def _without_secrets(tool: Json) -> Json:
    if tool["type"] != "mcp":
        return tool
    hidden = ("headers", "authorization", "env")
    kept = {key: value for key, value in tool["transport"].items() if key not in hidden}
    return tool | {"transport": kept}
