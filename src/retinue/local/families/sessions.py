"""/agents/sessions: create (also streamed), list, read, change, delete.

A session's turns are carried out in the background by the same engine as runs and responses,
whether somebody listens or not. A session that has an active turn can't be deleted.
"""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import idempotency, pages, refusals
from retinue.local.agents.unavailable import check_servers
from retinue.local.calls import AGENTS, Call, Json, call_of, read
from retinue.local.database import Connection
from retinue.local.family import Family, get, post, route
from retinue.local.sessions import answers, creating, fields, rows, viewing
from retinue.local.sessions.hub import hub_of
from retinue.local.sessions.inputs import Outcome

_ONE = "/agents/sessions/{session_id}"


async def _create(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    once = idempotency.Sent.of(request, raw)

    def make() -> tuple[Call, Json, Outcome, Json]:
        call = call_of(request, raw, version)
        sent = fields.CREATE(call.body, "")
        fields.check_together(sent)
        with call.platform.write() as connection:
            outcome = _made_once(connection, call, sent, once)
            return call, sent, outcome, viewing.session(connection, outcome.session_id)

    call, sent, outcome, shown = await run_in_threadpool(make)
    if not sent.get("stream"):
        outcome.carry_out(call.platform)
        return JSONResponse(shown)
    stream = hub_of(call.platform).subscribe(outcome.session_id, until_idle=True)
    outcome.carry_out(call.platform)
    return stream.response()


def _made_once(connection: Connection, call: Call, sent: Json, once: idempotency.Sent) -> Outcome:
    """The session that was made for this request before, with its state to tell, or a new one."""
    known = idempotency.remembered(connection, once, call.now)
    if known is not None:
        state = answers.session_event(viewing.session(connection, known["id"]))
        return Outcome(known["id"], [state])
    outcome = creating.create(connection, call.platform, sent)
    idempotency.remember(connection, once, {"id": outcome.session_id}, call.now)
    return outcome


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    where, values = pages.with_metadata(call.query)
    if call.query.get("agent_id"):
        where, values["agent"] = f"{where} AND agent_id = :agent", call.query["agent_id"]
    listing = pages.Listing("agent_sessions", where=where, values=values)
    with call.platform.read() as connection:
        found, has_more = pages.fetch(connection, listing, window)
        return pages.listed(viewing.sessions(connection, found), has_more=has_more)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return viewing.session(connection, call.path["session_id"])


def _update(call: Call) -> Json:
    sent = fields.UPDATE(call.body, "")
    session_id = call.path["session_id"]
    with call.platform.write() as connection:
        row = rows.require_session(connection, session_id)
        metadata = sent.pop("metadata", json.loads(row["metadata"]))
        kept = json.loads(row["fields"])
        changed = {**kept, **sent, "agent": _changed(kept["agent"], sent.get("agent", {}))}
        connection.execute(
            "UPDATE agent_sessions SET metadata = ?, fields = ? WHERE id = ?",
            (
                json.dumps(metadata, ensure_ascii=False),
                json.dumps(changed, ensure_ascii=False),
                session_id,
            ),
        )
        return viewing.session(connection, session_id)


def _changed(agent: Json, sent: Json) -> Json:
    """The agent with what an update says of it. Of reasoning the effort alone can be changed."""
    check_servers(sent.get("tools", []))
    reasoning = agent["reasoning"] | sent.get("reasoning", {})
    return {**agent, **sent, "reasoning": reasoning}


async def _delete(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    call = call_of(request, raw, version)
    session_id = call.path["session_id"]

    def remove() -> None:
        with call.platform.write() as connection:
            _remove(connection, session_id)

    await run_in_threadpool(remove)
    hub_of(call.platform).close(session_id)
    return JSONResponse({"id": session_id, "object": "agent.session.deleted", "deleted": True})


def _remove(connection: Connection, session_id: str) -> None:
    rows.require_session(connection, session_id)
    if rows.active_turn(connection, session_id):
        raise refusals.conflict(
            f"Session {session_id} has an active turn: wait until it is idle, or cancel the turn."
        )
    connection.execute("DELETE FROM agent_sessions WHERE id = ?", (session_id,))


FAMILY = Family(
    schema=rows.SCHEMA + idempotency.SCHEMA,
    routes=(
        route("POST", "/agents/sessions", _create),
        get("/agents/sessions", _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        post(_ONE, _update, beta=AGENTS),
        route("DELETE", _ONE, _delete),
    ),
)
