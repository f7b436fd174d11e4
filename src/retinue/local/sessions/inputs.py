"""What clients send into a session: messages, results of function calls, cancellation.

Each input is a few changes of rows and the events that tell them; the caller commits, publishes
and starts the turn that is to be carried out, in this order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from retinue.local import refusals
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.sessions import answers, carrying, rows
from retinue.local.sessions.hub import hub_of
from retinue.local.sessions.recorder import ended
from retinue.local.work import leases


@dataclass(slots=True)
class Outcome:
    """What inputs came to: events to publish, a turn to start, a turn to stop."""

    session_id: str
    told: list[Json] = field(default_factory=list)
    start: Row | None = None
    stop: str | None = None

    def carry_out(self, platform: Platform) -> None:
        """After the commit, on the event loop."""
        if self.stop is not None:
            platform.runner.stop(self.stop)
        hub_of(platform).publish(self.session_id, self.told)
        if self.start is not None:
            carrying.start(platform, self.start)


class Inputs:
    """Takes the inputs of one session in one transaction."""

    def __init__(self, connection: Connection, platform: Platform, session: Row) -> None:
        self._connection = connection
        self._owner = platform.runner.owner
        self._now = int(platform.clock())
        self._session = session
        self.outcome = Outcome(session["id"])

    def take(self, event: Json) -> None:
        """Take a checked input event."""
        match event["type"].rpartition(".")[2]:
            case "message":
                self.say(event["input"])
            case "tool_result":
                self._result(event)
            case "cancel":
                self._cancel()
            case _:
                given = event.get("request_id")
                raise _unknown(f"Unknown pending approval request: {given}")

    def say(self, messages: Iterable[Json]) -> None:
        """User messages start a turn; there is one at a time."""
        if rows.active_turn(self._connection, self._session["id"]):
            raise refusals.conflict(
                f"Session {self._session['id']} has an active turn: wait until it is idle,"
                " or cancel the turn.",
                code="active_turn_not_steerable",
            )
        turn = self._connection.execute(
            "INSERT INTO agent_turns (id, session_id, agent_id, created_at)"
            " VALUES (?, ?, ?, ?) RETURNING *",
            (new_id("turn_"), self._session["id"], self._session["agent_id"], self._now),
        ).fetchone()
        leases.take(self._connection, turn["id"], self._owner, self._now)
        self.outcome.start = turn
        self.outcome.told.append(answers.turn_event(turn, "created"))
        for each in messages:
            self._add(turn, answers.message(turn["id"], "user", each["content"]))

    def _add(self, turn: Row, item: Json) -> None:
        rows.add_item(self._connection, turn, item, self._now)
        self.outcome.told.append(answers.within("item.added", turn, item=item, output_index=None))

    def _result(self, event: Json) -> None:
        turn = rows.active_turn(self._connection, self._session["id"])
        waiting = rows.calls_of(self._connection, turn["id"]) if turn else []
        row = next((each for each in waiting if _meant(each, event)), None)
        if turn is None or row is None:
            raise _unknown(f"Unknown pending tool call: {event['call_id']}")
        status = "completed" if event["success"] else "failed"
        call = json.loads(row["item"]) | {"status": status}
        rows.change_item(self._connection, call)
        done = answers.within("item.done", turn, item=call, output_index=row["output_index"])
        self.outcome.told.append(done)
        self._add(turn, _answer(event, status))
        if len(waiting) == 1:
            self._resume(turn)

    def _resume(self, turn: Row) -> None:
        leases.take(self._connection, turn["id"], self._owner, self._now)
        self.outcome.start = rows.move(self._connection, turn["id"], "queued", of=("waiting",))

    def _cancel(self) -> None:
        turn = rows.active_turn(self._connection, self._session["id"])
        if turn is None:
            return
        leases.ask_to_stop(self._connection, turn["id"])
        turn = rows.move(
            self._connection, turn["id"], "cancelled", of=rows.ACTIVE, ended_at=self._now
        )
        self.outcome.start, self.outcome.stop = None, turn["id"]
        self.outcome.told += ended(self._connection, turn)


def _meant(row: Row, event: Json) -> bool:
    call_id: str = json.loads(row["item"])["call_id"]
    return (row["turn_id"], call_id) == (event["turn_id"], event["call_id"])


def _answer(event: Json, status: str) -> Json:
    good = event["success"]
    return {
        "id": new_id("fco_"),
        "type": "function_call_output",
        "call_id": event["call_id"],
        "status": status,
        "output": event.get("output") if good else None,
        "error": None if good else event.get("error"),
        "turn_id": event["turn_id"],
    }


def _unknown(message: str) -> refusals.Refusal:
    # The SDK's helper knows a call that isn't registered yet by this code and these words.
    return refusals.Refusal(message, code="invalid_request_error")
