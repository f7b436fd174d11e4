"""The way back: what a live agent is in a manifest, and that this manifest means the same agent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.targets import samples
from tests.unit.targets.making import MODEL, assistant, compiled, resolved, unmarked
from tests.unit.targets.test_agents import FILLED, FUNCTION, HTTP, MCP, live

from retinue.engine.diff import compare
from retinue.targets.export_agents import agent_manifest

NAMES = {"vault_keys/credential_door": "door"}


def test_defaults_are_left_out() -> None:
    shown = live(reasoning={"effort": None, "summary": None})
    assert agent_manifest(shown, {}) == {"target": "agents", "name": "tutor", "model": MODEL}


FULL: dict[str, Any] = {
    "instructions": "Be brief.",
    "reasoning": {"effort": "low", "summary": "concise"},
    "text": {"format": {"type": "json_schema", "schema": samples.SCHEMA}, "verbosity": "low"},
    "service_tier": "flex",
    "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
    "compaction": {"async": True},
    "experimental": {"time_awareness": True},
    "metadata": {"team": "education"},
    "tools": [
        {**FUNCTION, "defer_loading": True, "async": None},
        {**FUNCTION, "name": "g", "description": "Does.", "defer_loading": False, "async": None},
        {"type": "tool_search"},
        {**MCP, **FILLED, "credential_id": "credential_door", "transport": {**HTTP, "headers": {}}},
        {
            **MCP,
            **FILLED,
            "server_label": "near",
            "allowed_tools": ["look"],
            "transport": {
                "type": "stdio",
                "command": "serve",
                "cwd": "/workspace",
                "args": [],
                "env_vars": ["A"],
            },
        },
        {
            "type": "web_search",
            "mode": "cached",
            "context_size": "medium",
            "allowed_domains": None,
            "location": {"city": None, "country": "NO", "region": None, "timezone": None},
        },
        {"type": "programmatic_tool_calling", "enabled": False},
    ],
}


def test_an_agent_as_a_manifest() -> None:
    parameters = {"type": "object", "properties": {}}
    assert agent_manifest(live(**FULL), NAMES) == {
        "target": "agents",
        "name": "tutor",
        "model": MODEL,
        "instructions": "Be brief.",
        "reasoning_effort": "low",
        "reasoning_summary": "concise",
        "verbosity": "low",
        "service_tier": "flex",
        "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
        "compaction": {"async": True},
        "experimental": {"time_awareness": True},
        "metadata": {"team": "education"},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": samples.SCHEMA},
        },
        "tools": [
            {
                "type": "function",
                "function": {"name": "sum_up", "parameters": parameters},
                "defer_loading": True,
            },
            {
                "type": "function",
                "function": {"name": "g", "description": "Does.", "parameters": parameters},
            },
            {"type": "tool_search"},
            {
                "type": "mcp",
                "server_label": "far",
                "server_url": samples.FAR,
                "credential": "door",
            },
            {
                "type": "mcp",
                "server_label": "near",
                "allowed_tools": ["look"],
                "stdio": {"command": "serve", "cwd": "/workspace", "env_vars": ["A"]},
            },
            {"type": "web_search", "mode": "cached", "location": {"country": "NO"}},
            {"type": "programmatic_tool_calling", "enabled": False},
        ],
    }


def test_a_credential_of_somebody_else_is_named_by_its_id() -> None:
    shown = live(tools=[{**MCP, **FILLED, "credential_id": "cred_9"}])
    (tool,) = agent_manifest(shown, NAMES)["tools"]
    assert tool["credential"] == {"id": "cred_9"}


@pytest.mark.parametrize("fields", [{}, FULL], ids=["plain", "full"])
def test_the_manifest_means_the_agent_that_it_was_made_of(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    shown = live(**fields)
    body = agent_manifest(shown, NAMES)
    resource = compiled(assistant(tmp_path, body.pop("target"), **body))
    wanted = unmarked(resolved(resource))
    assert compare(resource, wanted, wanted, shown.values).deltas == ()
