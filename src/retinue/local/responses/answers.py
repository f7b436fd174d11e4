"""Response objects, and items with what the client asked to include. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from retinue.local.calls import Json
from retinue.local.database import Row
from retinue.local.turns.items import Usage

_KEPT = (
    *("model", "instructions", "tool_choice", "parallel_tool_calls", "max_tool_calls"),
    *("max_output_tokens", "temperature", "top_p", "truncation", "metadata", "background"),
    *("store", "previous_response_id"),
)
_OPTIONAL = (
    *("user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"),
    *("prompt_cache_options", "top_logprobs"),
)
_HIDDEN = {
    "file_search_call": ("results", "file_search_call.results"),
    "code_interpreter_call": ("outputs", "code_interpreter_call.outputs"),
}


def response(row: Row, output: Sequence[Json] | None = None) -> Json:
    """A response as JSON; ``output`` where more is known than the row holds."""
    fields, status = json.loads(row["fields"]), row["status"]
    made = json.loads(row["output"]) if output is None else output
    reason = row["incomplete_reason"]
    conversation = row["conversation_id"]
    # Documented as objects and texts that may be absent, not as null.
    optional: Json = {key: fields[key] for key in _OPTIONAL if fields.get(key) is not None}
    if row["usage"]:
        optional["usage"] = json.loads(row["usage"])
    return {
        "id": row["id"],
        "object": "response",
        "created_at": row["created_at"],
        "completed_at": row["ended_at"] if status == "completed" else None,
        "status": status,
        "error": json.loads(row["error"]) if row["error"] else None,
        "incomplete_details": {"reason": reason} if reason else None,
        **{key: fields[key] for key in _KEPT},
        "conversation": {"id": conversation} if conversation else None,
        "output": [item(each, fields["include"]) for each in made],
        "reasoning": {"effort": None, "summary": None} | fields["reasoning"],
        "text": {"format": {"type": "text"}} | fields["text"],
        "tools": [tool(each) for each in fields["tools"]],
        "service_tier": "default",
        **optional,
    }


def item(given: Json, include: Collection[str]) -> Json:
    """An item as the client sees it: results and outputs only where it asks for them."""
    hidden = _HIDDEN.get(given["type"])
    if hidden is None or hidden[1] in include:
        return given
    return given | {hidden[0]: None}


def tool(given: Json) -> Json:
    """A tool as it is read back, with the defaults that the platform fills in."""
    if given["type"] == "function":
        strict = given.get("strict")
        said = {key: each for key, each in given.items() if each is not None}
        filled = {"description": None, "parameters": None} | said
        return filled | {"strict": True if strict is None else strict}
    if given["type"] == "file_search":
        ranking = given.get("ranking_options") or {}
        return {
            "type": "file_search",
            "vector_store_ids": given["vector_store_ids"],
            "max_num_results": given.get("max_num_results") or 20,
            "filters": given.get("filters"),
            "ranking_options": {"ranker": "auto", "score_threshold": 0.0} | ranking,
        }
    return given


def usage(given: Usage) -> Json:
    """Token counts as responses show them."""
    return {
        "input_tokens": given.prompt,
        "input_tokens_details": {"cached_tokens": given.cached, "cache_write_tokens": 0},
        "output_tokens": given.completion,
        "output_tokens_details": {"reasoning_tokens": given.reasoning},
        "total_tokens": given.prompt + given.completion,
    }
