"""/agents/automations: create, list, read, change, pause, resume, delete.

``automations.firing`` fires what is planned here; ``invocations`` runs an automation when a client
asks for it.
"""

from __future__ import annotations

import json

from retinue.local import pages, refusals
from retinue.local.agents.rows import require_agent
from retinue.local.automations import answers, fields, rows
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.sessions import environments
from retinue.local.sessions.rows import require_session

_ONE = "/agents/automations/{automation_id}"


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
        rows.plan(connection, row, call.now)
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
        return answers.automation(rows.require_automation(connection, call.path["automation_id"]))


def _update(call: Call) -> Json:
    with call.platform.write() as connection:
        row = rows.require_automation(connection, call.path["automation_id"])
        kept = json.loads(row["fields"])
        sent = fields.update(call.body, kept | {"type": row["type"]})
        _check_time(connection, row, sent, call.now)
        if "target" in sent:
            _check_target(connection, sent["target"])
        row = rows.change(connection, row, row["status"], **sent)
        if not fields.SCHEDULE.isdisjoint(sent):
            rows.plan(connection, row, call.now)
    return answers.automation(row)


def _check_time(connection: Connection, automation: Row, sent: Json, now: int) -> None:
    """What runs once runs in the future, and not twice."""
    fields.check_time(sent, now)
    if "run_at" in sent and rows.last_occurrence(connection, automation) is not None:
        raise refusals.invalid("run_at", "the automation has been invoked at its time already.")


def _pause(call: Call) -> Json:
    with call.platform.write() as connection:
        row = rows.require_automation(connection, call.path["automation_id"])
        if row["status"] == "active":
            row = rows.change(connection, row, "paused")
            rows.plan(connection, row, call.now)
    return answers.automation(row)


def _resume(call: Call) -> Json:
    with call.platform.write() as connection:
        row = rows.require_automation(connection, call.path["automation_id"])
        if row["status"] == "active":
            return answers.automation(row)
        if not rows.is_waiting(connection, row["id"]):
            _check_time(connection, row, json.loads(row["fields"]), call.now)
        row = rows.change(connection, row, "active", pause_reason=None)
        rows.plan(connection, row, call.now)
    return answers.automation(row)


def _delete(call: Call) -> Json:
    automation_id = call.path["automation_id"]
    with call.platform.write() as connection:
        rows.require_automation(connection, automation_id)
        connection.execute("DELETE FROM agent_automations WHERE id = ?", (automation_id,))
    return {"id": automation_id, "object": "agent.automation.deleted", "deleted": True}


FAMILY = Family(
    schema=rows.SCHEMA,
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
