"""/agents/sessions/{id}/events: inputs into a session, and the stream of what happens in it.

Inputs are accepted with 202 once they are kept; the same Idempotency-Key is carried out once. The
stream tells what happens from now on, after the present state; it ends when the session is deleted.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from retinue.local import idempotency
from retinue.local.calls import AGENTS, Call, Json, call_of, read
from retinue.local.database import Connection
from retinue.local.family import Family, route
from retinue.local.sessions import answers, environments, fields, rows, viewing
from retinue.local.sessions.hub import hub_of
from retinue.local.sessions.inputs import Inputs, Outcome

_PATH = "/agents/sessions/{session_id}/events"


async def _create(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    once = idempotency.Sent.of(request, raw)

    def take() -> tuple[Call, Outcome]:
        call = call_of(request, raw, version)
        sent = fields.EVENTS(call.body, "")
        with call.platform.write() as connection:
            rows.require_session(connection, call.path["session_id"])
            if idempotency.remembered(connection, once, call.now) is not None:
                return call, Outcome(call.path["session_id"])
            outcome = _take(connection, call, sent)
            idempotency.remember(connection, once, {}, call.now)
            return call, outcome

    call, outcome = await run_in_threadpool(take)
    outcome.carry_out(call.platform)
    return Response(status_code=202)


def _take(connection: Connection, call: Call, sent: Json) -> Outcome:
    session = rows.require_session(connection, call.path["session_id"])
    inputs = Inputs(connection, call.platform, session)
    for event in sent["events"]:
        inputs.take(event)
    return inputs.outcome


async def _stream(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    call = call_of(request, raw, version)
    session_id = call.path["session_id"]

    def look() -> Json:
        with call.platform.read() as connection:
            return viewing.session(connection, session_id)

    await run_in_threadpool(look)
    # Listening begins before the state is read: nothing that happens in between is missed.
    stream = hub_of(call.platform).subscribe(session_id)
    shown = await run_in_threadpool(look)
    for event in environments.told(session_id, shown["environment"]):
        stream.send_first(event["type"], event)
    state = answers.session_event(shown)
    stream.send_first(state["type"], state)
    return stream.response()


FAMILY = Family(routes=(route("POST", _PATH, _create), route("GET", _PATH, _stream)))
