"""/agents/automations: create, list, read, change, pause, resume, delete.

A schedule is checked, kept and shown; the embedded platform doesn't fire it. ``invocations`` runs
an automation when a client asks for it.
"""

from __future__ import annotations

import json

from retinue.local import pages
from retinue.local.automations import answers, fields
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.families.agents import require_agent
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.lookups import require
from retinue.local.sessions import environments
from retinue.local.sessions.rows import require_session

SCHEMA = """
CREATE TABLE IF NOT EXISTS agent_automations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  session_id TEXT,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agent_automations_order ON agent_automations (created_at);
CREATE INDEX IF NOT EXISTS agent_automations_session
  ON agent_automations (session_id, created_at);
""" + pages.tombstone_trigger("agent_automations")

_ONE = "/agents/automations/{automation_id}"


def require_automation(connection: Connection, automation_id: str) -> Row:
    """The row of an automation, or the API's 404."""
    return require(connection, "agent_automations", "automation", automation_id)


def _check_target(connection: Connection, target: Json) -> None:
    """What a target names has to exist."""
    if target["type"] == "existing_session":
        require_session(connection, target["session_id"], param="target.session_id")
        return
    if "agent_id" in target:
        require_agent(connection, target["agent_id"], param="target.agent_id")
    environments.check_references(connection, target, param="target")


def _create(call: Call) -> Json:
    sent = {"metadata": {}} | fields.CREATE(call.body, "")
    fields.check_time(sent, call.now)
    with call.platform.write() as connection:
        _check_target(connection, sent["target"])
        row = connection.execute(
            "INSERT INTO agent_automations (id, created_at, type, session_id, fields)"
            " VALUES (?, ?, ?, ?, ?) RETURNING *",
            (
                *(new_id("auto_"), call.now, sent.pop("type"), sent["target"].get("session_id")),
                json.dumps(sent, ensure_ascii=False),
            ),
        ).fetchone()
    return answers.automation(row)


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    session_id = call.query.get("session_id")
    where = "session_id = :session" if session_id else "1"
    listing = pages.Listing("agent_automations", where=where, values={"session": session_id})
    with call.platform.read() as connection:
        return pages.page(connection, listing, window, answers.automation)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return answers.automation(require_automation(connection, call.path["automation_id"]))


def _update(call: Call) -> Json:
    with call.platform.write() as connection:
        row = require_automation(connection, call.path["automation_id"])
        kept = json.loads(row["fields"])
        sent = fields.update(call.body, kept | {"type": row["type"]})
        fields.check_time(sent, call.now)
        if "target" in sent:
            _check_target(connection, sent["target"])
        made = kept | sent
        row = connection.execute(
            "UPDATE agent_automations SET session_id = ?, fields = ? WHERE id = ? RETURNING *",
            (made["target"].get("session_id"), json.dumps(made, ensure_ascii=False), row["id"]),
        ).fetchone()
    return answers.automation(row)


def _set_status(call: Call, status: str) -> Json:
    with call.platform.write() as connection:
        require_automation(connection, call.path["automation_id"])
        row = connection.execute(
            "UPDATE agent_automations SET status = ? WHERE id = ? RETURNING *",
            (status, call.path["automation_id"]),
        ).fetchone()
    return answers.automation(row)


def _pause(call: Call) -> Json:
    return _set_status(call, "paused")


def _resume(call: Call) -> Json:
    return _set_status(call, "active")


def _delete(call: Call) -> Json:
    automation_id = call.path["automation_id"]
    with call.platform.write() as connection:
        require_automation(connection, automation_id)
        connection.execute("DELETE FROM agent_automations WHERE id = ?", (automation_id,))
    return {"id": automation_id, "object": "agent.automation.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post("/agents/automations", _create, beta=AGENTS),
        get("/agents/automations", _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        post(_ONE, _update, beta=AGENTS),
        delete(_ONE, _delete, beta=AGENTS),
        post(_ONE + "/pause", _pause, beta=AGENTS),
        post(_ONE + "/resume", _resume, beta=AGENTS),
    ),
)
