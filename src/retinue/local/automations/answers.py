"""Automation and invocation objects. Pure. What is confidential in a target is not shown."""

from __future__ import annotations

import json

from retinue.local.agents import tools
from retinue.local.calls import Json
from retinue.local.database import Row

_HOSTED = (
    *("capability_directories", "container_size", "desktop", "environment_id"),
    *("environment_template_id", "files", "network", "packages", "plugins", "skills"),
)


def automation(row: Row) -> Json:
    """An automation as JSON."""
    fields = json.loads(row["fields"])
    schedule = ("expression", "timezone") if row["type"] == "periodic" else ("run_at",)
    return {
        "id": row["id"],
        "object": "agent.automation",
        "type": row["type"],
        "created_at": row["created_at"],
        "created_by": {"type": "developer"},
        "name": fields["name"],
        "status": row["status"],
        "pause_reason": fields.get("pause_reason"),
        "metadata": fields["metadata"],
        **{key: fields[key] for key in schedule},
        "target": _target(fields["target"]),
    }


def _target(target: Json) -> Json:
    if target["type"] == "existing_session":
        return target
    agent = target.get("agent")
    return {
        "type": "new_session",
        "agent_id": target.get("agent_id"),
        "agent": agent and agent | {"tools": tools.shown_in_session(agent["tools"])},
        "environment": _environment(target["environment"]),
        "input": [{"type": "message"} | each for each in target["input"]],
        "metadata": target["metadata"],
        "vault_ids": target["vault_ids"],
    }


def _environment(given: Json) -> Json:
    """An environment as it was asked for; null where the template or a default decides."""
    if given["type"] == "none":
        return {"type": "none"}
    if given["type"] == "self_hosted":
        return {"environment_id": None} | given
    return {"type": "openai_hosted"} | {key: given.get(key) for key in _HOSTED}


def invocation(row: Row, occurrence: Row | None) -> Json:
    """An invocation as JSON; one without an ``occurrence`` was made by hand."""
    source: Json = {"type": "manual"}
    if occurrence is not None:
        source = {"type": "automation", "automation": json.loads(occurrence["automation"])}
    return {
        "id": row["id"],
        "object": "agent.automation.invocation",
        "automation_id": row["automation_id"],
        "created_at": row["created_at"],
        "status": row["status"],
        "session_id": row["session_id"],
        "error": json.loads(row["error"]) if row["error"] else None,
        "skip_reason": "pending_delivery" if row["status"] == "skipped" else None,
        "scheduled_at": occurrence and occurrence["scheduled_at"],
        "source": source,
    }
