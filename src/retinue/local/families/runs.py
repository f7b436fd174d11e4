"""/threads/{id}/runs and /threads/runs: create, list, read, change, cancel, submit tool outputs.

A run is carried out in the background, whether its client polls, streams or hangs up. One run at
a time is active on a thread; the database itself sees to that.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import checks, first_api, pages, refusals, shapes
from retinue.local.calls import ASSISTANTS, Call, Endpoint, Json, call_of, read
from retinue.local.database import Connection, Row
from retinue.local.families import messages, threads
from retinue.local.family import Family, get, post, route
from retinue.local.ids import new_id
from retinue.local.runs import answers, calls, carrying, fields, rows
from retinue.local.turns.items import ToolCall
from retinue.local.work import leases
from retinue.local.work.streams import Stream

_PATH = "/threads/{thread_id}/runs"
_ONE = _PATH + "/{run_id}"
_UPDATE = checks.record(metadata=shapes.METADATA)


@dataclass(frozen=True, slots=True)
class Queued:
    """A run that waits to be carried out, what was made on the way to it, and how to tell it."""

    row: Row
    stream: bool
    thread: Json | None = None
    step: Row | None = None


def shown(connection: Connection, call: Call, row: Row) -> Json:
    """A run in the version that the client speaks."""
    waiting = row["status"] == "requires_action"
    steps = rows.steps_of(connection, row["id"]) if waiting else []
    answer = answers.run(row, steps)
    if call.first_api:
        return first_api.run(answer, json.loads(row["fields"])["file_ids"])
    return answer


# --- What starts work: answered as JSON or as a stream -----------------------------------------


def _starting(handler: Callable[[Call], Queued]) -> Endpoint:
    """The endpoint of a request that starts work, streamed where the client asks for it."""

    async def endpoint(request: Request) -> Response:
        raw, version = await read(request, ASSISTANTS)

        def queue() -> tuple[Call, Queued, Json]:
            call = call_of(request, raw, version)
            queued = handler(call)
            with call.platform.read() as connection:
                return call, queued, shown(connection, call, queued.row)

        call, queued, answer = await run_in_threadpool(queue)
        stream = Stream() if queued.stream else None
        if stream is not None:
            _tell_queued(stream, queued, answer)
        carrying.start(call.platform, queued.row, stream)
        return stream.response() if stream is not None else JSONResponse(answer)

    return endpoint


def _tell_queued(stream: Stream, queued: Queued, answer: Json) -> None:
    if queued.thread is not None:
        stream.send("thread.created", queued.thread)
    if queued.step is None:
        stream.send("thread.run.created", answer)
    else:
        stream.send("thread.run.step.completed", answers.step(queued.step))
    stream.send("thread.run.queued", answer)


def _create(call: Call) -> Queued:
    sent = fields.CREATE(fields.upgraded(call), "")
    thread_id = call.path["thread_id"]
    with call.platform.write() as connection:
        threads.require_thread(connection, thread_id)
        row = _insert(connection, call, thread_id, sent)
        messages.insert_messages(connection, call, thread_id, sent.get("additional_messages", []))
        return Queued(row, sent.get("stream", False))


def _create_with_thread(call: Call) -> Queued:
    sent = fields.CREATE_WITH_THREAD(fields.upgraded(call), "")
    with call.platform.write() as connection:
        thread_id = messages.create_thread(connection, call, sent.get("thread", {}))
        row = _insert(connection, call, thread_id, sent)
        thread = threads.shown(connection, call, thread_id)
        return Queued(row, sent.get("stream", False), thread)


def _insert(connection: Connection, call: Call, thread_id: str, sent: Json) -> Row:
    kept = fields.effective(connection, sent, thread_id)
    run_id = new_id("run_")
    try:
        row: Row = connection.execute(
            "INSERT INTO runs (id, thread_id, assistant_id, created_at, status, expires_at,"
            " metadata, fields) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?) RETURNING *",
            (
                *(run_id, thread_id, sent["assistant_id"], call.now),
                call.now + rows.EXPIRES_SECONDS,
                json.dumps(sent.get("metadata", {})),
                json.dumps(kept, ensure_ascii=False),
            ),
        ).fetchone()
    except sqlite3.IntegrityError:
        raise _already_active(connection, thread_id) from None
    leases.take(connection, run_id, call.platform.runner.owner, call.now)
    return row


def _already_active(connection: Connection, thread_id: str) -> refusals.Refusal:
    active = connection.execute(
        f"SELECT id FROM runs WHERE thread_id = ? AND status IN {rows.ACTIVE}", (thread_id,)
    ).fetchone()
    return refusals.Refusal(f"Thread {thread_id} already has an active run {active['id']}.")


def _submit(call: Call) -> Queued:
    sent = fields.SUBMIT(call.body, "")
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    with call.platform.write() as connection:
        row = rows.require_run(connection, thread_id, run_id)
        if row["status"] != "requires_action":
            raise refusals.Refusal(f"Runs in status '{row['status']}' do not accept tool outputs.")
        step = rows.steps_of(connection, run_id)[-1]
        outputs = {each["tool_call_id"]: each.get("output", "") for each in sent["tool_outputs"]}
        made = _answered(calls.loaded(step["calls"]), outputs)
        step = rows.change_step(
            connection,
            step["id"],
            calls=calls.stored(made),
            status="completed",
            ended_at=call.now,
        )
        row = rows.move(connection, run_id, "queued", of=("requires_action",))
        leases.take(connection, run_id, call.platform.runner.owner, call.now)
        return Queued(row, sent.get("stream", False), step=step)


def _answered(made: tuple[ToolCall, ...], outputs: dict[str, str]) -> list[ToolCall]:
    """The calls with the client's outputs: one for each call that waits, none besides."""
    waiting = [call.call_id for call in made if call.output is None]
    for call_id in outputs:
        if call_id not in waiting:
            reason = f"No tool call found with id '{call_id}' that expects an output."
            raise refusals.Refusal(reason, param="tool_outputs")
    lost = [call_id for call_id in waiting if call_id not in outputs]
    if lost:
        reason = f"Expected tool outputs for call_ids {waiting}, got {list(outputs)}."
        raise refusals.Refusal(reason, param="tool_outputs")
    return [
        replace(call, output=outputs[call.call_id]) if call.call_id in outputs else call
        for call in made
    ]


# --- Everything else ---------------------------------------------------------------------------


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    thread_id = call.path["thread_id"]
    where = "thread_id = :thread"
    listing = pages.Listing("runs", where=where, values={"thread": thread_id}, cursor_where=where)
    with call.platform.read() as connection:
        threads.require_thread(connection, thread_id)
        return pages.page(connection, listing, window, lambda row: shown(connection, call, row))


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        row = rows.require_run(connection, call.path["thread_id"], call.path["run_id"])
        return shown(connection, call, row)


def _update(call: Call) -> Json:
    sent = _UPDATE(call.body, "")
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    with call.platform.write() as connection:
        rows.require_run(connection, thread_id, run_id)
        if "metadata" in sent:
            connection.execute(
                "UPDATE runs SET metadata = ? WHERE id = ?", (json.dumps(sent["metadata"]), run_id)
            )
        return shown(connection, call, rows.require_run(connection, thread_id, run_id))


async def _cancel(request: Request) -> Response:
    raw, version = await read(request, ASSISTANTS)
    call = call_of(request, raw, version)
    run_id = call.path["run_id"]

    def ask() -> Json:
        with call.platform.write() as connection:
            return _ask_to_cancel(connection, call, run_id)

    answer = await run_in_threadpool(ask)
    call.platform.runner.stop(run_id)
    return JSONResponse(answer)


def _ask_to_cancel(connection: Connection, call: Call, run_id: str) -> Json:
    row = rows.require_run(connection, call.path["thread_id"], run_id)
    if row["status"] == "cancelling":
        return shown(connection, call, row)
    if row["status"] not in rows.ACTIVE:
        raise refusals.Refusal(f"Cannot cancel run with status '{row['status']}'.")
    row = rows.move(connection, run_id, "cancelling", of=rows.ACTIVE)
    answer = shown(connection, call, row)
    if not leases.ask_to_stop(connection, run_id):
        # Nobody works on it: it waited for tool outputs.
        rows.move(connection, run_id, "cancelled", of=("cancelling",), ended_at=call.now)
    return answer


FAMILY = Family(
    schema=rows.SCHEMA,
    deadlines=(rows.EXPIRY,),
    routes=(
        route("POST", "/threads/runs", _starting(_create_with_thread)),
        route("POST", _PATH, _starting(_create)),
        get(_PATH, _list, beta=ASSISTANTS),
        get(_ONE, _retrieve, beta=ASSISTANTS),
        post(_ONE, _update, beta=ASSISTANTS),
        route("POST", _ONE + "/cancel", _cancel),
        route("POST", _ONE + "/submit_tool_outputs", _starting(_submit)),
    ),
)
