"""Run and run step objects, and the pieces of a stream that describe a message. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from retinue.local import tools
from retinue.local.calls import Json
from retinue.local.database import Row
from retinue.local.runs import calls
from retinue.local.runs.rows import ACTIVE
from retinue.local.turns.events import Annotation, Citation
from retinue.local.turns.items import Made, Usage

_SHOWN = (
    *("model", "instructions", "temperature", "top_p", "response_format", "tool_choice"),
    *("parallel_tool_calls", "truncation_strategy", "max_prompt_tokens", "max_completion_tokens"),
)


def usage(given: Usage) -> Json:
    """Token counts as runs and steps show them."""
    return {
        "prompt_tokens": given.prompt,
        "completion_tokens": given.completion,
        "total_tokens": given.prompt + given.completion,
        "prompt_token_details": {"cached_tokens": given.cached},
        "completion_tokens_details": {"reasoning_tokens": given.reasoning},
    }


def spent(text: str | None) -> Usage:
    """Token counts from the database."""
    if not text:
        return Usage()
    given = json.loads(text)
    return Usage(
        given["prompt_tokens"],
        given["completion_tokens"],
        given["prompt_token_details"]["cached_tokens"],
        given["completion_tokens_details"]["reasoning_tokens"],
    )


def run(row: Row, steps: Sequence[Row] = ()) -> Json:
    """A run as JSON. ``steps`` are needed only where the run requires an action."""
    fields, status = json.loads(row["fields"]), row["status"]
    waiting = [call for step in steps for call in calls.loaded(step["calls"])]
    ended = {name: row["ended_at"] if status == name else None for name in _ENDS}
    reason = row["incomplete_reason"]
    over = status not in ACTIVE
    return {
        "id": row["id"],
        "object": "thread.run",
        "created_at": row["created_at"],
        "assistant_id": row["assistant_id"],
        "thread_id": row["thread_id"],
        "status": status,
        "started_at": row["started_at"],
        "expires_at": None if over else row["expires_at"],
        "cancelled_at": ended["cancelled"],
        "failed_at": ended["failed"],
        "completed_at": ended["completed"],
        "required_action": calls.required(waiting) if status == "requires_action" else None,
        "last_error": json.loads(row["last_error"]) if row["last_error"] else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "usage": json.loads(row["usage"]) if over and row["usage"] else None,
        "metadata": json.loads(row["metadata"]),
        "tools": [tools.read_back(tool) for tool in fields["tools"]],
        **{name: fields[name] for name in _SHOWN},
    }


_ENDS = ("cancelled", "failed", "completed")


def step(row: Row, include: Collection[str] = ()) -> Json:
    """A run step as JSON."""
    status = row["status"]
    if row["message_id"]:
        kind = "message_creation"
        details: Json = {"type": kind, kind: {"message_id": row["message_id"]}}
    else:
        kind = "tool_calls"
        shown = [calls.wire(call, include) for call in calls.loaded(row["calls"])]
        details = {"type": kind, kind: shown}
    ended = {f"{name}_at": row["ended_at"] if status == name else None for name in _STEP_ENDS}
    return {
        "id": row["id"],
        "object": "thread.run.step",
        "created_at": row["created_at"],
        "assistant_id": row["assistant_id"],
        "thread_id": row["thread_id"],
        "run_id": row["run_id"],
        "type": kind,
        "status": status,
        **ended,
        "last_error": json.loads(row["last_error"]) if row["last_error"] else None,
        "step_details": details,
        "usage": json.loads(row["usage"]) if row["usage"] else None,
        "metadata": {},
    }


_STEP_ENDS = ("cancelled", "completed", "expired", "failed")


def annotation(given: Annotation) -> Json:
    """An annotation of a message's text."""
    kind = "file_citation" if isinstance(given, Citation) else "file_path"
    return {
        "type": kind,
        "text": given.text,
        "start_index": given.start,
        "end_index": given.end,
        kind: {"file_id": given.file_id},
    }


def image(made: Made) -> Json:
    """An image that the assistant shows."""
    return {"type": "image_file", "image_file": {"file_id": made.file_id}}


def content(text: str, annotations: Sequence[Annotation], images: Sequence[Made]) -> list[Json]:
    """A message's content: images first, as code made them before the model spoke."""
    noted = [annotation(each) for each in annotations]
    words = {"type": "text", "text": {"value": text, "annotations": noted}}
    return [*(image(each) for each in images), words]
