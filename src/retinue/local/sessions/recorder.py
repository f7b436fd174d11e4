"""Writes down what happens in a turn of a session, and tells it to those who listen, in this order.

Every event of the turn engine becomes at most one short transaction and the events of the Agents
API's stream. A message is done only when it is known what follows it: words before function calls
are commentary, the last ones are the answer.
"""

from __future__ import annotations

import json

from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.sessions import answers, rows, viewing
from retinue.local.sessions.history import arguments_of
from retinue.local.sessions.hub import hub_of
from retinue.local.turns import events
from retinue.local.turns.items import ToolCall
from retinue.local.work import states
from retinue.local.work.carrying import written

_CODES = ("server_error", "rate_limit_exceeded")
_FILTERED = "The model's answer was stopped by a content filter."
_CUT = "The model reached its limit of output tokens before it was done."


class Recorder:
    """Follows one turn. ``row`` is the turn as it was last written."""

    def __init__(self, platform: Platform, row: Row) -> None:
        self._platform = platform
        self._next = 0
        self._message: Json | None = None
        self._place = 0
        self._words: list[str] = []
        self._closed: events.MessageClosed | None = None
        self.row = row

    async def begin(self) -> None:
        """The turn starts, or goes on."""

        def write(connection: Connection) -> list[Json]:
            self.row = rows.move(
                connection,
                self.row["id"],
                "in_progress",
                of=("queued",),
                started_at=self.row["started_at"] or self._now(),
            )
            self._next = rows.outputs_of(connection, self.row["id"])
            shown = viewing.session(connection, self.row["session_id"])
            return [answers.session_event(shown), answers.turn_event(self.row)]

        self._tell(await written(self._platform, write))

    async def take(self, event: events.Event) -> None:
        """Record the next event of the turn."""
        await self._finish_message(event)
        match event:
            case events.MessageOpened():
                await self._open_message()
            case events.TextAdded():
                self._words.append(event.text)
                self._tell([self._spoken("output_text.delta", delta=event.text)])
            case events.MessageClosed():
                self._closed = event
            case events.Ended():
                await self._end(event)
            case _:
                pass  # a call is told when it is complete and waits for its result

    # --- Messages ------------------------------------------------------------------------------

    async def _open_message(self) -> None:
        message = answers.message(self.row["id"], "assistant", [], "in_progress")

        def write(connection: Connection) -> None:
            states.hold(connection, "agent_turns", self.row["id"], self._platform.runner.owner)
            rows.add_item(connection, self.row, message, self._now(), self._next)

        await written(self._platform, write)
        self._message, self._words = message, []
        self._place, self._next = self._next, self._next + 1
        self._tell(
            [
                self._within("item.added", item=message, output_index=self._place),
                self._spoken("content_part.added", part=_part("")),
            ]
        )

    async def _finish_message(self, following: events.Event) -> None:
        closed, message = self._closed, self._message
        if closed is None or message is None:
            return
        last = isinstance(following, events.Ended)
        done = message | {
            "status": "incomplete" if closed.cut else "completed",
            "phase": "final_answer" if last else "commentary",
            "content": [_part(closed.text)],
        }

        def write(connection: Connection) -> None:
            states.hold(connection, "agent_turns", self.row["id"], self._platform.runner.owner)
            rows.change_item(connection, done)

        await written(self._platform, write)
        told = [
            self._spoken("output_text.done", text=closed.text),
            self._spoken("content_part.done", part=_part(closed.text)),
            self._within("item.done", item=done, output_index=self._place),
        ]
        self._message = self._closed = None
        self._tell(told)

    def _abandon(self, connection: Connection) -> None:
        """What was said of a message before the turn broke off is kept."""
        if self._message is not None:
            content = [_part("".join(self._words))] if self._words else []
            kept = {"status": "incomplete", "content": content}
            rows.change_item(connection, self._message | kept)

    # --- The end -------------------------------------------------------------------------------

    async def _end(self, event: events.Ended) -> None:
        usage = rows.kept_usage(event.usage)
        if event.status == "requires_action":
            await self._wait(event.pending, usage)
        elif event.status == "completed":
            await self._close("completed", of=("in_progress",), usage=usage)
        else:
            await self._close("failed", of=("in_progress",), usage=usage, error=_error(event))

    async def _wait(self, pending: tuple[ToolCall, ...], usage: str) -> None:
        """Calls are told once the platform takes their results, so that none comes too early."""
        calls = [_call(self.row["id"], each) for each in pending]
        self._platform.runner.release(self.row["id"])

        def write(connection: Connection) -> list[Json]:
            self.row = rows.move(
                connection, self.row["id"], "waiting", of=("in_progress",), usage=usage
            )
            connection.execute("DELETE FROM leases WHERE id = ?", (self.row["id"],))
            for index, call in enumerate(calls, self._next):
                rows.add_item(connection, self.row, call, self._now(), index)
            return [
                *(
                    self._within("item.added", item=call, output_index=index)
                    for index, call in enumerate(calls, self._next)
                ),
                answers.session_event(viewing.session(connection, self.row["session_id"])),
            ]

        self._tell(await written(self._platform, write))

    async def _close(self, status: str, *, of: tuple[str, ...], **columns: str) -> None:
        self._platform.runner.release(self.row["id"])

        def write(connection: Connection) -> list[Json]:
            self._abandon(connection)
            self.row = rows.move(
                connection, self.row["id"], status, of=of, ended_at=self._now(), **columns
            )
            return ended(connection, self.row)

        self._tell(await written(self._platform, write))

    async def settle(self, reason: str) -> None:
        """The task was stopped: the turn fails, unless somebody else has ended it."""
        error = json.dumps({"code": "internal_error", "message": reason})
        try:
            await self._close("failed", of=rows.WORKING, error=error)
        except states.Gone:
            self._tell(await written(self._platform, self._agree))

    def _agree(self, connection: Connection) -> list[Json]:
        """Who cancels a turn tells it; that it was lost is told here, if it still exists."""
        self._abandon(connection)
        row = rows.find_turn(connection, self.row["id"])
        return ended(connection, row) if row and row["status"] == "failed" else []

    # --- Shared --------------------------------------------------------------------------------

    def _now(self) -> int:
        return int(self._platform.clock())

    def _spoken(self, kind: str, **fields: object) -> Json:
        assert self._message is not None
        place = {"item_id": self._message["id"], "output_index": self._place, "content_index": 0}
        return self._within(kind, **place, **fields)

    def _within(self, kind: str, **fields: object) -> Json:
        return answers.within(kind, self.row, **fields)

    def _tell(self, told: list[Json]) -> None:
        hub_of(self._platform).publish(self.row["session_id"], told)


def ended(connection: Connection, turn: Row) -> list[Json]:
    """The events of a turn that has come to its end."""
    shown = viewing.session(connection, turn["session_id"])
    error = [answers.failed(turn)] if turn["status"] == "failed" else []
    return [*error, answers.turn_event(turn), answers.session_event(shown)]


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text}


def _call(turn_id: str, call: ToolCall) -> Json:
    return {
        "id": new_id("fc_"),
        "type": "function_call",
        "status": "in_progress",
        "call_id": call.call_id,
        "name": call.name,
        "arguments": arguments_of(call.arguments),
        "turn_id": turn_id,
    }


def _error(event: events.Ended) -> str:
    """Why a turn failed, in the codes of the Agents API."""
    if event.status == "incomplete":
        filtered = event.reason == "content_filter"
        code, message = ("server_error", _FILTERED) if filtered else ("max_output_tokens", _CUT)
    else:
        code = event.reason if event.reason in _CODES else "server_error"
        message = event.message or "The model failed."
    return json.dumps({"code": code, "message": message}, ensure_ascii=False)
