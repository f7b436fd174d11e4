"""One value for everything that a manifest can say of an assistant, none of them the default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from retinue.manifest.schema_tools import tool as tool_schema

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "number"}}}

FIELDS: dict[str, Any] = {
    "name": "Tutor",
    "model": "another-model",
    "description": "Helps.",
    "instructions": "Be brief.",
    "temperature": 0.2,
    "top_p": 0.5,
    "reasoning_effort": "low",
    "reasoning_summary": "concise",
    "response_format": {"type": "json_schema", "json_schema": {"name": "sum", "schema": SCHEMA}},
    "verbosity": "low",
    "service_tier": "flex",
    "max_output_tokens": 500,
    "max_tool_calls": 3,
    "parallel_tool_calls": False,
    "truncation": "auto",
    "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
    "compaction": {"async": True},
    "experimental": {"time_awareness": True},
    "metadata": {"team": "education"},
    "environment": "lab",
    "vaults": ["keys"],
}

FAR = "https://tools.example/mcp"

TOOLS: dict[str, dict[str, Any]] = {
    "automations": {},
    "code_interpreter": {},
    "computer_use": {},
    "file_search": {"vector_store": {"id": "vs_theirs"}},
    "function": {"function": {"name": "sum_up"}},
    "image_generation": {},
    "mcp": {"server_label": "far", "server_url": FAR},
    "programmatic_tool_calling": {},
    "retrieval": {},
    "tool_search": {},
    "web_search": {},
}
"""Each type of tool with as little as it can say on every target that has it."""

OPTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("code_interpreter", "files"): {"files": ["notes"]},
    ("file_search", "vector_store"): {"vector_store": "papers"},
    ("file_search", "max_num_results"): {"max_num_results": 7},
    ("file_search", "ranking_options"): {
        "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.5}
    },
    ("function", "function"): {"function": {"name": "sum_up", "description": "Adds up."}},
    ("function", "defer_loading"): {"defer_loading": True},
    ("function", "async"): {"async": True},
    ("web_search", "allowed_domains"): {"allowed_domains": ["notes.example"]},
    ("web_search", "context_size"): {"context_size": "high"},
    ("web_search", "location"): {"location": {"city": "Bergen", "country": "NO"}},
    ("web_search", "mode"): {"mode": "cached"},
    ("mcp", "server_label"): {"server_label": "near"},
    ("mcp", "server_url"): {"server_url": "https://other.example/mcp"},
    ("mcp", "stdio"): {
        "server_url": None,
        "stdio": {"command": "serve", "cwd": "/workspace", "args": ["-v"], "env_vars": ["A"]},
    },
    ("mcp", "server_description"): {"server_description": "Far away."},
    ("mcp", "headers"): {"headers": {"X-Team": "education"}},
    ("mcp", "allowed_tools"): {"allowed_tools": ["look"]},
    ("mcp", "require_approval"): {"require_approval": "never"},
    ("mcp", "connection_origin"): {"connection_origin": "environment"},
    ("mcp", "credential"): {"credential": "door"},
    ("mcp", "required"): {"required": True},
    ("mcp", "request_metadata"): {"request_metadata": {"team": 1}},
    ("mcp", "defer_loading"): {"defer_loading": True},
    ("programmatic_tool_calling", "enabled"): {"enabled": False},
    ("computer_use", "include_screenshots"): {"include_screenshots": True},
    ("image_generation", "action"): {"action": "generate"},
    ("image_generation", "background"): {"background": "opaque"},
    ("image_generation", "input_fidelity"): {"input_fidelity": "high"},
    ("image_generation", "model"): {"model": "some-image-model"},
    ("image_generation", "moderation"): {"moderation": "low"},
    ("image_generation", "output_compression"): {"output_compression": 50},
    ("image_generation", "output_format"): {"output_format": "webp"},
    ("image_generation", "partial_images"): {"partial_images": 1},
    ("image_generation", "quality"): {"quality": "low"},
    ("image_generation", "size"): {"size": "1024x1024"},
}


def tool(type_: str, **options: Any) -> dict[str, Any]:
    """A tool as a manifest writes it; an option that is None is left out."""
    said = {"type": type_, **TOOLS[type_], **options}
    return {key: value for key, value in said.items() if value is not None}


def options_of_the_schema() -> Iterator[tuple[str, str]]:
    """Every (type of tool, key) that a manifest can write."""
    for rule in tool_schema()["allOf"]:
        if "required" in rule["if"]:
            type_ = rule["if"]["properties"]["type"]["const"]
            yield from ((type_, key) for key in rule["then"]["properties"] if key != "type")
