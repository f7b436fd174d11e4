"""/agents/automations/{id}/invocations: invoke an automation by hand, list, read.

An invocation starts a new session for real, or says its instructions in the session that it is
aimed at. What can't be delivered is kept as failed, with the reason; a session that is busy is
skipped. A paused automation can be invoked by hand all the same.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import pages
from retinue.local.automations import rows
from retinue.local.automations.delivering import Delivery, deliver
from retinue.local.calls import AGENTS, Call, Json, call_of, read
from retinue.local.family import Family, get, route

_PATH = "/agents/automations/{automation_id}/invocations"


async def _create(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    call = call_of(request, raw, version)
    shown, delivery = await run_in_threadpool(_invoke, call)
    for outcome in delivery.outcomes:
        outcome.carry_out(call.platform)
    return JSONResponse(shown)


def _invoke(call: Call) -> tuple[Json, Delivery]:
    with call.platform.write() as connection:
        automation = rows.require_automation(connection, call.path["automation_id"])
        delivery = deliver(connection, call.platform, automation)
        status = "skipped" if delivery.busy else delivery.status
        row = rows.add_invocation(connection, automation, delivery, status=status, now=call.now)
        return rows.shown_invocation(connection, row), delivery


def _list(call: Call) -> Json:
    window, automation_id = pages.window(call.query), call.path["automation_id"]
    where = "automation_id = :automation"
    listing = pages.Listing(
        "agent_invocations", where=where, values={"automation": automation_id}, cursor_where=where
    )
    with call.platform.read() as connection:
        rows.require_automation(connection, automation_id)
        return pages.page(
            connection, listing, window, lambda row: rows.shown_invocation(connection, row)
        )


def _retrieve(call: Call) -> Json:
    automation_id, invocation_id = call.path["automation_id"], call.path["invocation_id"]
    with call.platform.read() as connection:
        row = rows.require_invocation(connection, automation_id, invocation_id)
        return rows.shown_invocation(connection, row)


FAMILY = Family(
    routes=(
        route("POST", _PATH, _create),
        get(_PATH, _list, beta=AGENTS),
        get(_PATH + "/{invocation_id}", _retrieve, beta=AGENTS),
    ),
)
