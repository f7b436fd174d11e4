"""Writes down what happens in a run, and tells it to the stream, in this order.

Every event of the turn becomes at most one short transaction and the events of the Assistants
API's streaming: their names, their order and their objects. A crash between two events loses
nothing that a client was told.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.families import messages
from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.runs import answers, calls, rows
from retinue.local.runs.deltas import Speech, step_delta
from retinue.local.turns import events
from retinue.local.turns.items import Made
from retinue.local.work import states
from retinue.local.work.carrying import Result, written
from retinue.local.work.streams import Stream


class Recorder:
    """Follows one run. ``row`` is the run as it was last written."""

    def __init__(self, platform: Platform, row: Row, stream: Stream | None) -> None:
        self._platform = platform
        self._stream = stream
        self._speech: Speech | None = None
        self._group: str | None = None
        self.row = row

    async def begin(self) -> None:
        """The run starts, or goes on."""

        def write(connection: Connection) -> Row:
            started = self.row["started_at"] or self._now()
            return rows.move(
                connection, self.row["id"], "in_progress", of=("queued",), started_at=started
            )

        self.row = await self._write(write)
        self._tell_run()

    async def take(self, event: events.Event) -> None:
        """Record the next event of the turn."""
        match event:
            case events.TextAdded():
                assert self._speech is not None
                self._tell("thread.message.delta", self._speech.add(event))
            case events.MessageOpened():
                await self._open_message(event.images)
            case events.MessageClosed():
                await self._close_message(event)
            case events.GroupOpened():
                await self._open_group()
            case events.GroupClosed():
                await self._close_group(event)
            case events.Ended():
                await self._end(event)
            case _:
                assert self._group is not None
                delta = step_delta(self._group, event)
                if delta:
                    self._tell("thread.run.step.delta", delta)

    # --- Messages ------------------------------------------------------------------------------

    async def _open_message(self, images: tuple[Made, ...]) -> None:
        def write(connection: Connection) -> tuple[Row, Row]:
            self._hold(connection)
            message = _insert_message(connection, self.row, self._now())
            return message, _insert_step(connection, self.row, self._now(), message["id"])

        message, step = await self._write(write)
        self._speech = Speech(message["id"], step["id"], images)
        self._tell_step(step, "created", "in_progress")
        shown = messages.answer(message)
        self._tell("thread.message.created", shown)
        self._tell("thread.message.in_progress", shown)
        for delta in self._speech.images():
            self._tell("thread.message.delta", delta)

    async def _close_message(self, event: events.MessageClosed) -> None:
        speech = self._speech
        assert speech is not None

        def write(connection: Connection) -> tuple[Row, Row]:
            self._hold(connection)
            content = answers.content(event.text, event.annotations, event.images)
            message = _finish_message(
                connection, speech.message_id, content, cut=event.cut, now=self._now()
            )
            step = rows.change_step(
                connection,
                speech.step_id,
                status="completed",
                ended_at=self._now(),
                usage=json.dumps(answers.usage(event.usage)),
            )
            return message, step

        message, step = await self._write(write)
        self._speech = None
        self._tell(f"thread.message.{message['status']}", messages.answer(message))
        self._tell_step(step, "completed")

    # --- Tool calls ----------------------------------------------------------------------------

    async def _open_group(self) -> None:
        def write(connection: Connection) -> Row:
            self._hold(connection)
            return _insert_step(connection, self.row, self._now(), None)

        step = await self._write(write)
        self._group = step["id"]
        self._tell_step(step, "created", "in_progress")

    async def _close_group(self, event: events.GroupClosed) -> None:
        step_id = self._group
        assert step_id is not None
        waiting = any(call.output is None for call in event.calls)
        ending = {} if waiting else {"status": "completed", "ended_at": self._now()}
        usage = json.dumps(answers.usage(event.usage))

        def write(connection: Connection) -> Row:
            self._hold(connection)
            made = calls.stored(event.calls)
            return rows.change_step(connection, step_id, calls=made, usage=usage, **ending)

        step = await self._write(write)
        self._group = None
        if not waiting:
            self._tell_step(step, "completed")

    # --- The end -------------------------------------------------------------------------------

    async def _end(self, event: events.Ended) -> None:
        columns: Json = {"usage": json.dumps(answers.usage(event.usage))}
        status: str = event.status
        if status == "failed" or event.reason == "content_filter":
            status = "failed"
            message = event.message or "The model's answer was stopped by a content filter."
            columns["last_error"] = rows.error(event.reason or "server_error", message)
        elif status == "incomplete":
            prompt = event.reason == "max_prompt_tokens"
            columns["incomplete_reason"] = event.reason if prompt else "max_completion_tokens"
        if status != "requires_action":
            columns["ended_at"] = self._now()
        await self.move(status, of=("in_progress",), **columns)

    async def move(self, status: str, *, of: tuple[str, ...], **columns: object) -> None:
        """Give the run its last status, and tell it with all that ends along."""
        run_id = self.row["id"]
        self._platform.runner.release(run_id)

        def write(connection: Connection) -> tuple[Row, list[Row], list[Row], list[Row]]:
            open_steps, open_messages = self._open_rows(connection)
            row = rows.move(connection, run_id, status, of=of, **columns)
            connection.execute("DELETE FROM leases WHERE id = ?", (run_id,))
            ended = [_again(connection, "run_steps", each) for each in open_steps]
            said = [_again(connection, "messages", each) for each in open_messages]
            return row, ended, said, rows.steps_of(connection, run_id)

        self.row, ended, said, steps = await self._write(write)
        if status != "requires_action":
            self._tell_ended(ended, said)
        self._tell_run(steps)

    def _open_rows(self, connection: Connection) -> tuple[list[Row], list[Row]]:
        """Steps and messages that are open still; words that were streamed are kept."""
        run_id = self.row["id"]
        if self._speech is not None:
            connection.execute(
                "UPDATE messages SET content = ? WHERE id = ? AND status = 'in_progress'",
                (json.dumps(self._speech.content()), self._speech.message_id),
            )
        where = "WHERE run_id = ? AND status = 'in_progress'"
        steps = connection.execute(f"SELECT * FROM run_steps {where}", (run_id,)).fetchall()
        said = connection.execute(f"SELECT * FROM messages {where}", (run_id,)).fetchall()
        return steps, said

    async def settle(self, error: str) -> None:
        """The task was stopped, or the run was ended by somebody else: agree with the database.

        Where nobody has ended it, it fails with ``error``.
        """
        row = await run_in_threadpool(self._read)
        if row is None:
            return
        self.row = row
        if row["status"] == "cancelling":
            self._tell_run()
            await self.move("cancelled", of=("cancelling",), ended_at=self._now())
        elif row["status"] in rows.WORKING:
            last_error = rows.error("server_error", error)
            now = self._now()
            await self.move("failed", of=rows.WORKING, last_error=last_error, ended_at=now)
        else:
            self._tell_run()

    def _read(self) -> Row | None:
        with self._platform.read() as connection:
            return rows.find_run(connection, self.row["id"])

    # --- Shared --------------------------------------------------------------------------------

    def _now(self) -> int:
        return int(self._platform.clock())

    def _hold(self, connection: Connection) -> None:
        states.hold(connection, "runs", self.row["id"], self._platform.runner.owner)

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        return await written(self._platform, work)

    def _tell(self, name: str, data: Json) -> None:
        if self._stream is not None:
            self._stream.send(name, data)

    def _tell_run(self, steps: list[Row] | None = None) -> None:
        if self._stream is not None:
            shown = answers.run(self.row, steps or [])
            self._stream.send(f"thread.run.{self.row['status']}", shown)

    def _tell_step(self, step: Row, *names: str) -> None:
        if self._stream is not None:
            for name in names:
                self._stream.send(f"thread.run.step.{name}", answers.step(step))

    def _tell_ended(self, steps: list[Row], said: list[Row]) -> None:
        for message in said:
            self._tell(f"thread.message.{message['status']}", messages.answer(message))
        for step in steps:
            self._tell_step(step, step["status"])


def _insert_message(connection: Connection, run: Row, now: int) -> Row:
    row: Row = connection.execute(
        "INSERT INTO messages (id, thread_id, created_at, role, content, assistant_id, run_id,"
        " status) VALUES (?, ?, ?, 'assistant', '[]', ?, ?, 'in_progress') RETURNING *",
        (new_id("msg_"), run["thread_id"], now, run["assistant_id"], run["id"]),
    ).fetchone()
    return row


def _finish_message(
    connection: Connection, message_id: str, content: list[Json], *, cut: bool, now: int
) -> Row:
    status, reason = ("incomplete", "max_tokens") if cut else ("completed", None)
    row: Row = connection.execute(
        "UPDATE messages SET content = ?, status = ?, incomplete_reason = ?, ended_at = ?"
        " WHERE id = ? RETURNING *",
        (json.dumps(content, ensure_ascii=False), status, reason, now, message_id),
    ).fetchone()
    return row


def _insert_step(connection: Connection, run: Row, now: int, message_id: str | None) -> Row:
    row: Row = connection.execute(
        "INSERT INTO run_steps (id, run_id, thread_id, assistant_id, created_at, message_id)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (new_id("step_"), run["id"], run["thread_id"], run["assistant_id"], now, message_id),
    ).fetchone()
    return row


def _again(connection: Connection, table: str, row: Row) -> Row:
    found: Row = connection.execute(f"SELECT * FROM {table} WHERE id = ?", (row["id"],)).fetchone()
    return found
