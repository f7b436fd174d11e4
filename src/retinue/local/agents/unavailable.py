"""What an agent may have elsewhere and hasn't got on the embedded platform.

Such an agent can be kept and a session of it runs; the model is not offered what is missing, and
is told so. Only an MCP server that must be there makes the platform refuse.
"""

from __future__ import annotations

from collections.abc import Sequence

from retinue.local.calls import Json
from retinue.local.refusals import Refusal

_WORDS = {
    "web_search": "web search",
    "computer_use": "computer use",
    "programmatic_tool_calling": "programmatic tool calling",
    "automations": "automations",
}


def missing_here(agent: Json, environment: Json) -> list[str]:
    """In words, for the model: what of its configuration the agent has to do without."""
    lost = [_word(tool) for tool in agent["tools"] if _wanted(tool)]
    if agent["multi_agent"]["enabled"]:
        lost.append("subagents")
    if environment["type"] != "none":
        lost.append("the execution environment with its files and its shell")
    return list(dict.fromkeys(lost))


def _wanted(tool: Json) -> bool:
    if tool["type"] == "web_search":
        return bool(tool["mode"] != "disabled")
    if tool["type"] == "programmatic_tool_calling":
        return bool(tool["enabled"])
    return tool["type"] in _WORDS or tool["type"] == "mcp"


def _word(tool: Json) -> str:
    if tool["type"] == "mcp":
        return f"the MCP server {tool['server_label']}"
    return _WORDS[tool["type"]]


def check_servers(tools: Sequence[Json]) -> None:
    """Refuse an MCP server that must answer before the first turn: none does here."""
    for tool in tools:
        if tool["type"] == "mcp" and tool["required"]:
            raise Refusal(
                f"The MCP server '{tool['server_label']}' is required, and the embedded platform"
                " connects to no MCP servers.",
                status=424,
                code="mcp_server_startup_failed",
                kind="mcp_server_startup_failed",
            )
