"""/agents/environments: create, list, read. There is no change and no deletion, and no files.

No environment is ever started here; see ``sessions.environments``.
"""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import checks, idempotency, pages, refusals, shapes
from retinue.local.calls import AGENTS, Call, Json, call_of, read
from retinue.local.database import Row
from retinue.local.family import Family, get, post, route
from retinue.local.sessions import environments
from retinue.local.sessions.fields import VAULTS

_HOSTED = checks.tagged(openai_hosted=checks.record(environments.HOSTED, type=shapes.ALWAYS))
_CREATE = checks.record(required={"environment": _HOSTED}, vault_ids=VAULTS)
_TYPE = checks.choice("openai_hosted")


async def _create(request: Request) -> Response:
    raw, version = await read(request, AGENTS)
    once = idempotency.Sent.of(request, raw)

    def make() -> Json:
        call = call_of(request, raw, version)
        sent = _CREATE(call.body, "")
        with call.platform.write() as connection:
            known = idempotency.remembered(connection, once, call.now)
            if known is not None:
                return known
            environments.check_references(connection, sent)
            made = _answer(environments.provide(connection, sent["environment"], call.now))
            idempotency.remember(connection, once, made, call.now)
            return made

    return JSONResponse(await run_in_threadpool(make))


def _answer(shown: Json) -> Json:
    installed = ("files", "plugins", "skills")
    return {
        "id": shown["id"],
        "object": "agent.environment",
        "type": shown["type"],
        "status": environments.status(shown),
        **{key: shown.get(key, []) for key in installed},
    }


def _of_row(row: Row) -> Json:
    return _answer(json.loads(row["shown"]))


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    kind = _TYPE(call.query.get("type", "openai_hosted"), "type")
    listing = pages.Listing("agent_environments", where="type = :type", values={"type": kind})
    with call.platform.read() as connection:
        return pages.page(connection, listing, window, _of_row)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        environment_id = call.path["environment_id"]
        return _of_row(environments.require_environment(connection, environment_id))


def _no_files(call: Call) -> Json:
    """Files are read and written in an environment that is connected; none here ever is."""
    with call.platform.read() as connection:
        row = environments.require_environment(connection, call.path["environment_id"])
    state = environments.status(json.loads(row["shown"]))
    raise refusals.conflict(
        f"Environment {row['id']} is {state}, not connected: it has no files."
        " The embedded platform has no execution environments."
    )


_ONE = "/agents/environments/{environment_id}"

FAMILY = Family(
    schema=environments.SCHEMA,
    routes=(
        route("POST", "/agents/environments", _create),
        get("/agents/environments", _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        get(_ONE + "/files", _no_files, beta=AGENTS),
        post(_ONE + "/files", _no_files, beta=AGENTS),
    ),
)
