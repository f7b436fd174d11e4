"""/agents/automations/{id}/invocations: invoke an automation by hand, list, read.

An invocation starts a new session for real, or says its instructions in the session that it is
aimed at. What can't be delivered is kept as failed, with the reason; a session that is busy is
skipped. A paused automation can be invoked by hand all the same.
"""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import pages, refusals
from retinue.local.automations import answers
from retinue.local.calls import AGENTS, Call, Json, call_of, read
from retinue.local.database import Connection, Row
from retinue.local.families.automations import require_automation
from retinue.local.family import Family, get, route
from retinue.local.ids import new_id
from retinue.local.sessions import creating
from retinue.local.sessions.fields import said
from retinue.local.sessions.inputs import Inputs, Outcome
from retinue.local.sessions.rows import active_turn, require_session

SCHEMA = """
CREATE TABLE IF NOT EXISTS agent_invocations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  automation_id TEXT NOT NULL REFERENCES agent_automations (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  session_id TEXT,
  error TEXT
);
CREATE INDEX IF NOT EXISTS agent_invocations_order
  ON agent_invocations (automation_id, created_at);
""" + pages.tombstone_trigger("agent_invocations")

_PATH = "/agents/automations/{automation_id}/invocations"


async def _create(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    call = call_of(request, raw, version)
    row, outcome = await run_in_threadpool(_invoke, call)
    if outcome is not None:
        outcome.carry_out(call.platform)
    return JSONResponse(answers.invocation(row))


def _invoke(call: Call) -> tuple[Row, Outcome | None]:
    automation_id = call.path["automation_id"]
    with call.platform.read() as connection:
        automation = require_automation(connection, automation_id)
    target = json.loads(automation["fields"])["target"]
    try:
        with call.platform.write() as connection:
            outcome = _deliver(connection, call, target)
            session_id = outcome.session_id if outcome else target["session_id"]
            status = "completed" if outcome else "skipped"
            return _insert(connection, call, status, session_id=session_id), outcome
    except refusals.Refusal as refusal:
        error = {"code": refusal.code or refusal.kind, "message": refusal.message}
        with call.platform.write() as connection:
            return _insert(connection, call, "failed", error=json.dumps(error)), None


def _deliver(connection: Connection, call: Call, target: Json) -> Outcome | None:
    """Start what the target asks for; None where its session is busy. Raises Refusal."""
    if target["type"] == "new_session":
        return creating.create(connection, call, target)
    session = require_session(connection, target["session_id"])
    if active_turn(connection, session["id"]):
        return None
    inputs = Inputs(connection, call.platform, session)
    inputs.say(said(target["instructions"]))
    return inputs.outcome


def _insert(
    connection: Connection,
    call: Call,
    status: str,
    *,
    session_id: str | None = None,
    error: str | None = None,
) -> Row:
    row: Row = connection.execute(
        "INSERT INTO agent_invocations (id, automation_id, created_at, status, session_id, error)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (new_id("inv_"), call.path["automation_id"], call.now, status, session_id, error),
    ).fetchone()
    return row


def _list(call: Call) -> Json:
    window, automation_id = pages.window(call.query), call.path["automation_id"]
    where = "automation_id = :automation"
    listing = pages.Listing(
        "agent_invocations", where=where, values={"automation": automation_id}, cursor_where=where
    )
    with call.platform.read() as connection:
        require_automation(connection, automation_id)
        return pages.page(connection, listing, window, answers.invocation)


def _retrieve(call: Call) -> Json:
    invocation_id = call.path["invocation_id"]
    with call.platform.read() as connection:
        row = connection.execute(
            "SELECT * FROM agent_invocations WHERE id = ? AND automation_id = ?",
            (invocation_id, call.path["automation_id"]),
        ).fetchone()
    if row is None:
        raise refusals.absent("invocation", invocation_id)
    return answers.invocation(row)


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        route("POST", _PATH, _create),
        get(_PATH, _list, beta=AGENTS),
        get(_PATH + "/{invocation_id}", _retrieve, beta=AGENTS),
    ),
)
