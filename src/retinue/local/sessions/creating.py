"""Makes a session: from a checked request to its rows. Shared with automations.

The agent's configuration is taken as it is at this moment; later changes of a saved agent don't
reach the session.
"""

from __future__ import annotations

import json

from retinue.local.agents import config
from retinue.local.agents.rows import configuration, require_agent
from retinue.local.agents.unavailable import check_servers
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.sessions import answers, environments, viewing
from retinue.local.sessions.inputs import Inputs, Outcome


def create(connection: Connection, platform: Platform, sent: Json) -> Outcome:
    """Keep a session and, where there is input, its first turn. Raises what the API refuses."""
    agent = _agent(connection, sent)
    check_servers(agent["tools"])
    environments.check_references(connection, sent)
    now = int(platform.clock())
    environment = environments.provide(connection, sent["environment"], now)
    row = _insert(connection, sent, agent, environment, now)
    inputs = Inputs(connection, platform, row)
    if sent.get("input"):
        inputs.say(sent["input"])
    created = answers.session_event(viewing.session(connection, row["id"]), "created")
    outcome = inputs.outcome
    outcome.told[:0] = [created, *environments.told(row["id"], environment)]
    return outcome


def _agent(connection: Connection, sent: Json) -> Json:
    """The saved agent, if one is named, with what the request overrides."""
    override = sent.get("agent", {})
    if "agent_id" not in sent:
        return config.merged({"name": None, **config.DEFAULTS}, override)
    saved = configuration(require_agent(connection, sent["agent_id"], param="agent_id"))
    del saved["metadata"]
    return config.merged(saved, override)


def _insert(connection: Connection, sent: Json, agent: Json, environment: Json, now: int) -> Row:
    fields = {
        "agent": agent,
        "environment": environment,
        "vault_ids": sent.get("vault_ids", []),
        "prompt_cache_options": sent.get("prompt_cache_options"),
        "review": sent.get("review", "none"),
        "spend_control": sent.get("spend_control"),
    }
    row: Row = connection.execute(
        "INSERT INTO agent_sessions (id, created_at, last_active_at, agent_id, agent_is_local,"
        " environment_id, metadata, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            *(new_id("sess_"), now, now),
            *(sent.get("agent_id") or new_id("agt_"), "agent_id" not in sent),
            environment.get("id"),
            json.dumps(sent.get("metadata", {}), ensure_ascii=False),
            json.dumps(fields, ensure_ascii=False),
        ),
    ).fetchone()
    return row
