"""What a target can't express: an error with a place and the ways out, never a silent loss.

`RULES` is the whole table, a row for each field, tool, option and limit. A new field or tool gets a
row for every target that does not take it; a test holds the table against what is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from retinue.manifest.model import Assistant
from retinue.manifest.schema_project import TARGETS
from retinue.problem import KeyPath, Problem
from retinue.targets import rules


def unsupported(assistant: Assistant, among: Sequence[str] = TARGETS) -> Iterator[Problem]:
    """Yield what the assistant's target can't express. ``among``: those that it may move to."""
    for rule in _BY_TARGET[assistant.target]:
        for path, what in rule.find(assistant):
            yield Problem(
                code=rule.code,
                place=assistant.places.at(*path),
                message=f"{assistant.address} has {what}{rule.verdict}",
                hint=_ways_out(assistant, rule, path, among),
            )


def _ways_out(assistant: Assistant, rule: rules.Rule, path: KeyPath, among: Sequence[str]) -> str:
    others = [target for target in among if _fine(assistant, target, path)]
    other, value = (
        ("leave it out there alone", "null")
        if rule.code == "RTN-TARGET-FIELD"
        else ("say it otherwise there", "…")
    )
    ways = [*rule.ways, f"{other}: targets: {{{rule.target}: {{{path[0]}: {value}}}}}"]
    if others:
        ways.append(f"use target {' or '.join(others)}")
    return "; or ".join(ways)


def _fine(assistant: Assistant, target: str, path: KeyPath) -> bool:
    """Whether a target takes what stands at ``path``: of a list, the whole entry."""
    refused = (found for rule in _BY_TARGET[target] for found, _ in rule.find(assistant))
    return not any(found[:2] == path[:2] for found in refused)


_ON_RUNS = "set it on each run"
_PROMPT = "say it in the instructions"
_SEARCH = (
    "give it a function of your own that searches the vector store "
    "(POST /vector_stores/{id}/search), or an MCP server that does"
)
_SANDBOX = "give it an environment: with the files; an agent runs code in its sandbox"

RULES: Final = (
    # target, field, a way of its own
    rules.field("assistants", "reasoning_summary"),
    rules.field("assistants", "verbosity", _PROMPT),
    rules.field("assistants", "service_tier"),
    rules.field("assistants", "max_output_tokens", f"{_ON_RUNS}, as max_completion_tokens"),
    rules.field("assistants", "max_tool_calls"),
    rules.field("assistants", "parallel_tool_calls", _ON_RUNS),
    rules.field("assistants", "truncation", f"{_ON_RUNS}, as truncation_strategy"),
    rules.field("assistants", "multi_agent"),
    rules.field("assistants", "compaction"),
    rules.field("assistants", "experimental"),
    rules.field("assistants", "environment", "give its code_interpreter the files"),
    rules.field("assistants", "vaults"),
    rules.field("responses", "multi_agent"),
    rules.field("responses", "compaction"),
    rules.field("responses", "experimental"),
    rules.field("responses", "environment", "give its code_interpreter the files"),
    rules.field("responses", "vaults"),
    rules.field("agents", "description", "put it into metadata: {description: …}"),
    rules.field("agents", "temperature"),
    rules.field("agents", "top_p"),
    rules.field("agents", "max_output_tokens", "set verbosity:"),
    rules.field("agents", "max_tool_calls"),
    rules.field("agents", "parallel_tool_calls"),
    rules.field("agents", "truncation", "set compaction:"),
    # target, type of tool, a way of its own
    rules.tool("assistants", "web_search"),
    rules.tool("assistants", "mcp", "give it functions that ask the server"),
    rules.tool("assistants", "tool_search"),
    rules.tool("assistants", "programmatic_tool_calling"),
    rules.tool("assistants", "computer_use"),
    rules.tool("assistants", "automations"),
    rules.tool("assistants", "image_generation"),
    rules.tool("responses", "computer_use"),
    rules.tool("responses", "automations"),
    rules.tool("agents", "file_search", _SEARCH),
    rules.tool("agents", "code_interpreter", _SANDBOX),
    rules.tool("agents", "image_generation"),
    # target, type of tool, key, a way of its own
    rules.option("assistants", "function", "defer_loading"),
    rules.option("assistants", "function", "async"),
    rules.option("responses", "mcp", "stdio", "let the server answer at a server_url:"),
    rules.option("responses", "mcp", "connection_origin"),
    rules.option(
        "responses", "mcp", "credential", "let the application add authorization to the tool"
    ),
    rules.option("responses", "mcp", "required"),
    rules.option("responses", "mcp", "request_metadata"),
    rules.option(
        "responses",
        "file_search",
        "vector_store",
        "add vector_store:, for no thread brings one along",
        when=lambda store: store is None,
        what="file_search without a vector_store",
    ),
    rules.option(
        "responses",
        "file_search",
        "ranking_options",
        "use ranker: auto",
        when=lambda ranking: (ranking or {}).get("ranker") == "default_2024_08_21",
        what="file_search with the ranker default_2024_08_21",
    ),
    rules.option("agents", "function", "strict", when=bool),
    rules.option("agents", "mcp", "server_description", _PROMPT),
    rules.option("agents", "mcp", "require_approval"),
    rules.option("agents", "mcp", "defer_loading"),
    # target, form of answers, test, a way of its own
    rules.format_(
        "responses", "without a schema", rules.without_schema, "add schema: to json_schema:"
    ),
    rules.format_(
        "agents",
        "of type json_object",
        lambda written: written.get("type") == "json_object",
        "use json_schema",
    ),
    rules.format_(
        "agents", "without a schema", rules.without_schema, "add schema: to json_schema:"
    ),
    rules.format_(
        "agents",
        "with a description",
        lambda written: "description" in (rules.schema_of(written) or {}),
        "put the description into the schema",
    ),
    rules.format_(
        "agents",
        "that is not strict",
        lambda written: (rules.schema_of(written) or {}).get("strict") is False,
        "an agent always keeps to its schema",
    ),
    # target, field, how much it takes, of what
    rules.limit(
        "assistants", "instructions", 256_000, "characters", way="move knowledge into files"
    ),
    rules.limit("assistants", "tools", 128, "entries"),
    rules.code_files("assistants", 20),
    rules.limit("agents", "name", 128, "characters"),
    rules.limit("agents", "tools", 3 * 1024 * 1024, "bytes", by=rules.size_of_tools),
)

_BY_TARGET: Final = {
    target: tuple(rule for rule in RULES if rule.target == target) for target in TARGETS
}
