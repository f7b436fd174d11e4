"""/responses: create (also streamed or in the background), read, cancel, delete; input items and
how many tokens a request would bring.

A response is made by the same turn as a run. It goes on when its client hangs up; a stored one can
be read later. What OpenAI offers beyond is refused by name: stored prompts, web search, MCP.
"""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import pages, refusals
from retinue.local.calls import Call, Json, call_of, read
from retinue.local.database import Connection, Row
from retinue.local.families.conversations import references
from retinue.local.families.vector_stores import require_store
from retinue.local.family import Family, delete, get, post, route
from retinue.local.file_rows import require_file
from retinue.local.ids import new_id
from retinue.local.responses import answers, fields, rows
from retinue.local.responses.carrying import Making
from retinue.local.responses.history import check_calls, turn_of
from retinue.local.responses.items import stored
from retinue.local.turns import tokens
from retinue.local.work import leases
from retinue.local.work.streams import Stream

_ONE = "/responses/{response_id}"


async def _create(request: Request) -> Response:
    raw, version = await read(request)

    def queue() -> tuple[Call, Json, Row]:
        call = call_of(request, raw, version)
        sent = fields.DEFAULTS | fields.CREATE(call.body, "")
        with call.platform.write() as connection:
            return call, sent, _insert(connection, call, sent)

    call, sent, row = await run_in_threadpool(queue)
    stream = Stream() if sent["stream"] else None
    making = Making(call.platform, row, stream)
    making.start()
    if stream is not None:
        return stream.response()
    if not sent["background"]:
        await making.finished.wait()
    return JSONResponse(making.answer())


def _insert(connection: Connection, call: Call, sent: Json) -> Row:
    """Keep a checked request as a response that waits to be made."""
    if sent["background"] and not sent["store"]:
        raise refusals.invalid("background", "a background response has to be stored.")
    before, made = _read(connection, sent)
    check_calls([*before, *made])
    response_id = new_id("resp_")
    row: Row = connection.execute(
        "INSERT INTO responses (id, created_at, status, previous_id, conversation_id, stored,"
        " fields) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            *(response_id, call.now, "queued" if sent["background"] else "in_progress"),
            *(sent["previous_response_id"], sent["conversation"], sent["store"]),
            json.dumps({key: value for key, value in sent.items() if key != "input"}),
        ),
    ).fetchone()
    rows.insert_inputs(connection, response_id, made, call.now)
    leases.take(connection, response_id, call.platform.runner.owner, call.now)
    return row


def _read(connection: Connection, sent: Json) -> tuple[list[Json], list[Json]]:
    """The items before a checked request, and its own."""
    _check_references(connection, sent)
    before = _before(connection, sent)
    return before, [stored(each, references(connection)) for each in sent["input"]]


def _before(connection: Connection, sent: Json) -> list[Json]:
    conversation_id = sent["conversation"]
    if conversation_id is None:
        return rows.before(connection, sent["previous_response_id"])
    if sent["previous_response_id"] is not None:
        reason = "'conversation' and 'previous_response_id' are mutually exclusive."
        raise refusals.Refusal(reason, param="previous_response_id")
    rows.require_conversation(connection, conversation_id)
    return rows.conversation_items(connection, conversation_id)


def _check_references(connection: Connection, sent: Json) -> None:
    """Files and stores that the request names have to exist."""
    for index, tool in enumerate(sent["tools"]):
        for store_id in tool.get("vector_store_ids", ()):
            require_store(connection, store_id, param=f"tools[{index}].vector_store_ids")
        for file_id in (tool.get("container") or {}).get("file_ids", ()):
            require_file(connection, file_id)
    for item in sent["input"]:
        content = item.get("content") or item.get("output")
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("file_id"):
                require_file(connection, part["file_id"])


def _shown(call: Call, row: Row) -> Json:
    """A response with what its request, or this one, asks to include."""
    asked = call.included()
    if not asked:
        return answers.response(row)
    answer = answers.response(row, [])
    return answer | {"output": [answers.item(each, asked) for each in json.loads(row["output"])]}


def _retrieve(call: Call) -> Json:
    if call.query.get("stream") == "true":
        raise refusals.invalid("stream", "a response can't be streamed again here.")
    with call.platform.read() as connection:
        return _shown(call, rows.require_response(connection, call.path["response_id"]))


def _delete(call: Call) -> Json:
    response_id = call.path["response_id"]
    with call.platform.write() as connection:
        rows.require_response(connection, response_id)
        connection.execute("DELETE FROM responses WHERE id = ?", (response_id,))
        connection.execute("DELETE FROM leases WHERE id = ?", (response_id,))
    return {"id": response_id, "object": "response", "deleted": True}


async def _cancel(request: Request) -> Response:
    raw, version = await read(request)
    call = call_of(request, raw, version)
    response_id = call.path["response_id"]

    def end() -> Json:
        with call.platform.write() as connection:
            row = rows.require_response(connection, response_id)
            if not json.loads(row["fields"])["background"]:
                raise refusals.Refusal("Only background responses can be cancelled.")
            if row["status"] in rows.WORKING:
                row = rows.change(connection, response_id, status="cancelled", ended_at=call.now)
                leases.ask_to_stop(connection, response_id)
            return answers.response(row)

    answer = await run_in_threadpool(end)
    call.platform.runner.stop(response_id)
    return JSONResponse(answer)


def _input_items(call: Call) -> Json:
    window, include = pages.window(call.query), call.included()
    response_id = call.path["response_id"]
    where = "response_id = :response"
    listing = pages.Listing(
        "response_inputs", where=where, values={"response": response_id}, cursor_where=where
    )
    with call.platform.read() as connection:
        rows.require_response(connection, response_id)
        return pages.page(
            connection,
            listing,
            window,
            lambda row: answers.item(json.loads(row["item"]), include),
        )


def _count(call: Call) -> Json:
    """How many tokens a request would bring, estimated like all that nobody counts."""
    sent = fields.DEFAULTS | fields.COUNT(call.body, "")
    with call.platform.read() as connection:
        before, made = _read(connection, sent)
        turn = turn_of(connection, call.platform.database, sent, [*before, *made])
    counted = tokens.of_prompt(turn.instructions, turn.history)
    return {"object": "response.input_tokens", "input_tokens": counted}


def _compact(_: Call) -> Json:
    raise refusals.Refusal(
        "Compaction is not available on the embedded platform: send the items themselves, or use"
        " 'truncation'.",
        code="not_available",
    )


FAMILY = Family(
    routes=(
        route("POST", "/responses", _create),
        post("/responses/input_tokens", _count),
        post("/responses/compact", _compact),
        get(_ONE, _retrieve),
        delete(_ONE, _delete),
        route("POST", _ONE + "/cancel", _cancel),
        get(_ONE + "/input_items", _input_items),
    ),
)
