"""From a live saved agent to what a manifest would say: the way back of `retinue import`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.kinds.base import Live
from retinue.targets import agent_tools
from retinue.targets.agents import AGENT
from retinue.targets.export import Names

_PLAIN = (
    "name",
    "model",
    "instructions",
    "reasoning_effort",
    "reasoning_summary",
    "verbosity",
    "service_tier",
    "multi_agent",
    "compaction",
    "experimental",
    "metadata",
)


def agent_manifest(live: Live, names: Names) -> dict[str, Any]:
    """An agent as a manifest declares it; fields at the platform's default are left out.

    Environment and vaults belong to its sessions: the platform can't tell what they were.
    """
    body: dict[str, Any] = {"target": "agents"}
    body |= {name: live.values[name] for name in _PLAIN if _says_something(live, name)}
    if _says_something(live, "response_format"):
        # The name is for other surfaces; the platform knows none.
        schema = live.values["response_format"]["schema"]
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema},
        }
    tools = [_tool(tool, names) for tool in agent_tools.managed(live.values.get("tools"), (), ())]
    return {**body, "tools": tools} if tools else body


def _says_something(live: Live, name: str) -> bool:
    attribute, value = AGENT.attributes[name], live.values.get(name)
    if value is None:
        return False
    return bool(attribute.normalise(value) != attribute.normalise(attribute.default))


def _tool(tool: Mapping[str, Any], names: Names) -> dict[str, Any]:
    rest = {key: value for key, value in tool.items() if key != "type"}
    if tool["type"] == "function":
        parts = ("name", "description", "parameters")
        function = {key: rest.pop(key) for key in parts if rest.get(key) not in ("", None)}
        rest = {"function": function, **{k: v for k, v in rest.items() if k not in parts}}
    elif tool["type"] == "mcp":
        rest = _mcp(rest, names)
    return {"type": tool["type"], **rest}


def _mcp(tool: Mapping[str, Any], names: Names) -> dict[str, Any]:
    transport = {key: value for key, value in tool["transport"].items() if key != "type"}
    way = {"stdio": transport} if tool["transport"]["type"] == "stdio" else transport
    rest = {k: v for k, v in tool.items() if k not in ("transport", "credential_id")}
    credential = tool.get("credential_id")
    return {**rest, **way, **({"credential": _credential(credential, names)} if credential else {})}


def _credential(object_id: str, names: Names) -> Any:
    """Our IDs of credentials begin with their vault, which the agent does not know."""
    known = (name for ours, name in names.items() if ours.endswith(f"/{object_id}"))
    return next(known, {"id": object_id})
