"""Session, turn and event objects. Pure, but for the events' identifiers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from retinue.local.agents import tools
from retinue.local.calls import Json
from retinue.local.database import Row
from retinue.local.ids import new_id
from retinue.local.sessions.rows import spent
from retinue.local.turns.items import Usage

_CONFIGURED = ("model", "instructions", "name", "reasoning", "text", "service_tier", "multi_agent")
_EFFECTIVE = ("compaction", "experimental")
_ENDS = ("completed", "failed", "cancelled")


def session(row: Row, *, calls: Sequence[Row], usage: Usage | None) -> Json:
    """A session as JSON. ``calls`` are the function calls that wait for their results."""
    fields = json.loads(row["fields"])
    agent = fields["agent"]
    shown = {
        "id": row["id"],
        "object": "agent.session",
        "created_at": row["created_at"],
        "last_active_at": row["last_active_at"],
        "status": row["status"],
        "error": None,
        "agent": {
            "id": row["agent_id"],
            **{key: agent[key] for key in (*_CONFIGURED, *_EFFECTIVE)},
            "tools": tools.shown_in_session(agent["tools"]),
        },
        "environment": fields["environment"],
        "metadata": json.loads(row["metadata"]),
        "required_actions": [_required(call) for call in calls],
        "usage": token_usage(usage) if usage else None,
        "vault_ids": fields["vault_ids"],
    }
    return shown | _settings(fields)


def _settings(fields: Json) -> Json:
    """Settings that are shown only where they were set."""
    shown: Json = {}
    if fields["prompt_cache_options"]:
        shown["prompt_cache_options"] = fields["prompt_cache_options"]
    if fields["review"] != "none":
        shown["review"] = fields["review"]
    if fields["spend_control"]:
        # There are no prices here, so nobody knows what was spent.
        shown["spend_control"] = {"limit": fields["spend_control"], "consumed": None}
    return shown


def _required(call: Row) -> Json:
    item = json.loads(call["item"])
    return {key: item[key] for key in ("type", "turn_id", "call_id", "name", "arguments")}


def turn(row: Row) -> Json:
    """A turn as JSON."""
    return {
        "id": row["id"],
        "object": "agent.session.turn",
        "session_id": row["session_id"],
        "agent_id": row["agent_id"],
        "subagent_id": None,
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "completed_at": row["ended_at"],
        "status": row["status"],
        "error": json.loads(row["error"]) if row["error"] else None,
        "usage": token_usage(spent(row["usage"])) if row["usage"] else None,
        "prompt_cache_options": None,
    }


def token_usage(given: Usage) -> Json:
    """Token counts as sessions and turns show them."""
    return {
        "input_tokens": given.prompt,
        "input_tokens_details": {"cached_tokens": given.cached},
        "output_tokens": given.completion,
        "output_tokens_details": {"reasoning_tokens": given.reasoning},
        "total_tokens": given.prompt + given.completion,
    }


def message(turn_id: str, role: str, content: list[Json], status: str = "completed") -> Json:
    """A new message of the user or of the agent."""
    return {
        "id": new_id("msg_"),
        "type": "message",
        "role": role,
        "status": status,
        "phase": None,
        "content": content,
        "turn_id": turn_id,
    }


# --- Events ------------------------------------------------------------------------------------


def event(kind: str, **fields: object) -> Json:
    """An event of the stream."""
    return {"type": kind, "event_id": new_id("event_"), **fields}


def session_event(shown: Json, status: str | None = None) -> Json:
    """The session, as it is shown, has come to its status; or it was ``created``."""
    return event(f"agent.session.{status or shown['status']}", session=shown)


def turn_event(row: Row, status: str | None = None) -> Json:
    """A turn has come to its status; or it was ``created``."""
    kind, shown = status or row["status"], turn(row)
    told = event(
        f"agent.session.turn.{kind}", session_id=row["session_id"], turn_id=row["id"], turn=shown
    )
    return told | {"usage": shown["usage"]} if kind in _ENDS else told


def within(kind: str, row: Row, **fields: object) -> Json:
    """Something happened within a turn."""
    return event(
        f"agent.session.turn.{kind}", session_id=row["session_id"], turn_id=row["id"], **fields
    )


def failed(row: Row) -> Json:
    """The error that a turn failed with, as an event of its own."""
    error = json.loads(row["error"])
    told = {"type": error["code"], "code": error["code"], "message": error["message"]}
    return event("error", session_id=row["session_id"], error=told | {"param": None})
