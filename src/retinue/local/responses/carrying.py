"""Makes a response in the background: from its rows to its last status, whatever happens."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

from starlette.concurrency import run_in_threadpool

from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.platform import Platform
from retinue.local.responses import answers, rows
from retinue.local.responses.history import turn_of
from retinue.local.responses.output import Output
from retinue.local.turns import events
from retinue.local.turns.engine import run_turn
from retinue.local.turns.items import Turn
from retinue.local.work.carrying import carry, written
from retinue.local.work.states import Gone
from retinue.local.work.streams import Stream
from retinue.local.work.world import world_of


class Making:
    """One response on its way. ``finished`` is set when it has its last status."""

    def __init__(self, platform: Platform, row: Row, stream: Stream | None) -> None:
        self._platform = platform
        self._stream = stream
        self._number = 0
        fields = json.loads(row["fields"])
        self._output = Output(fields["include"], row["id"].removeprefix("resp_"))
        self.row = row
        self.finished = asyncio.Event()

    def start(self) -> None:
        """Begin; the lease has been taken already."""
        self._tell_response("response.created")
        if self.row["status"] == "queued":
            self._tell_response("response.queued")
        self._platform.runner.start(self.row["id"], self._carry_out())

    async def _carry_out(self) -> None:
        try:
            await carry("response", self.row["id"], self._turn, self._settle)
        finally:
            if self._stream is not None:
                self._stream.close()
            self.finished.set()

    async def _turn(self) -> None:
        turn = await run_in_threadpool(self._prepare)
        self._tell_response("response.in_progress")
        world = world_of(self._platform, self.row["conversation_id"] or self.row["id"])
        async with aclosing(run_turn(turn, world)) as happening:
            async for event in happening:
                if isinstance(event, events.Ended):
                    await self._end(event)
                else:
                    for told in self._output.take(event):
                        self._tell(told)

    def _prepare(self) -> Turn:
        with self._platform.write() as connection:
            self.row = rows.change(connection, self.row["id"], status="in_progress")
            made = _context(connection, self.row)
        fields = json.loads(self.row["fields"])
        with self._platform.read() as connection:
            return turn_of(connection, self._platform.database, fields, made)

    async def _end(self, event: events.Ended) -> None:
        status: str = event.status
        columns: Json = {"usage": json.dumps(answers.usage(event.usage))}
        if status == "requires_action":
            status = "completed"
        elif status == "incomplete":
            filtered = event.reason == "content_filter"
            columns["incomplete_reason"] = "content_filter" if filtered else "max_output_tokens"
        elif status == "failed":
            columns["error"] = _error(event.reason or "server_error", event.message or "")
        await self._finish(status, columns)

    async def _finish(self, status: str, columns: dict[str, Any]) -> None:
        self._platform.runner.release(self.row["id"])
        self._output.abandon()
        output = self._output.items

        def write(connection: Connection) -> Row:
            now = int(self._platform.clock())
            text = json.dumps(output, ensure_ascii=False)
            row = rows.change(
                connection, self.row["id"], status=status, ended_at=now, output=text, **columns
            )
            if row["conversation_id"] and status in ("completed", "incomplete"):
                made = [*rows.inputs(connection, row["id"]), *output]
                rows.append_items(connection, row["conversation_id"], made, now)
            connection.execute("DELETE FROM leases WHERE id = ?", (row["id"],))
            if not row["stored"]:
                connection.execute("DELETE FROM responses WHERE id = ?", (row["id"],))
            return row

        self.row = await written(self._platform, write)
        self._tell_response(f"response.{status}")

    async def _settle(self, error: str) -> None:
        """Fail, unless somebody else has ended the response: then agree with the database."""
        try:
            await self._finish("failed", {"error": _error("server_error", error)})
        except Gone:
            row = await run_in_threadpool(self._read)
            if row is not None:
                self.row = row
                self._tell_response(f"response.{row['status']}")

    def _read(self) -> Row | None:
        with self._platform.read() as connection:
            row: Row | None = connection.execute(
                "SELECT * FROM responses WHERE id = ?", (self.row["id"],)
            ).fetchone()
            return row

    def answer(self) -> Json:
        """The response as far as it is known."""
        return answers.response(self.row, self._output.items or None)

    def _tell_response(self, kind: str) -> None:
        if self._stream is not None:
            self._tell({"type": kind, "response": self.answer()})

    def _tell(self, event: Json) -> None:
        if self._stream is not None:
            numbered = {"type": event["type"], "sequence_number": self._number} | event
            self._stream.send(event["type"], numbered)
            self._number += 1


def _context(connection: Connection, row: Row) -> list[Json]:
    """The items that the model sees: what came before, then the request's own."""
    if row["conversation_id"]:
        before = rows.conversation_items(connection, row["conversation_id"])
    else:
        before = rows.before(connection, row["previous_id"])
    return [*before, *rows.inputs(connection, row["id"])]


def _error(code: str, message: str) -> str:
    known = ("server_error", "rate_limit_exceeded", "invalid_prompt")
    return json.dumps({"code": code if code in known else "server_error", "message": message})
