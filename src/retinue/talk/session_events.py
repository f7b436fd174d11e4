"""From the events and items of agent sessions, as the Agents API sends them, to ours.

Follows one turn of the agent itself; what its subagents say is theirs. What a stream brings twice,
or not at all because it broke off, is told once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retinue.kinds.api import Object
from retinue.talk import steps
from retinue.talk.events import (
    Approval,
    Done,
    End,
    Event,
    Failed,
    FunctionCall,
    MessageDone,
    Output,
    StepDone,
    StepStarted,
)
from retinue.talk.response_events import usage_of
from retinue.talk.spoken import Passage

ENDED = ("completed", "failed", "cancelled")
"""The statuses of a turn that is over."""

_TURN = "agent.session.turn."
_CUT = "max_output_tokens"


def waiting_for(session: Object) -> list[str]:
    """What a session that nobody listens to waits for, in words."""
    reader = SessionReader(None)
    reader.session = session
    tools = [f"{each.name} of {each.server}" for each in reader.approvals()]
    return [*(call.name for call in reader.calls()), *tools, *reader.others()]


def _result(output: Output) -> Object:
    """What a function gave, as inputs of a session say it."""
    if output.failed:
        return {"success": False, "error": output.text}
    return {"success": True, "output": output.text}


class SessionReader:
    """``session`` and ``turn`` are those objects as they were last seen. ``before``: the turn that
    was the last one before the question. ``stopped``: how it ends because we have ended it.
    ``rounds``: how often it has called functions."""

    def __init__(self, before: str | None) -> None:
        self._before = before
        self._passages: dict[tuple[str, int], Passage] = {}
        self._begun: set[str] = set()
        self._over: set[str] = set()
        self._answered: set[str] = set()
        self.session: Object = {}
        self.turn: Object = {}
        self.stopped: Failed | None = None
        self.rounds = 0

    def read(self, event: Object) -> Iterator[Event]:
        """What one event of the stream says."""
        kind = str(event.get("type"))
        if isinstance(event.get("session"), Mapping):
            self.session = event["session"]
        begins = kind == f"{_TURN}created"
        if isinstance(event.get("turn"), Mapping) and (begins or self.turn):
            self.look(event["turn"])
        if kind == "agent.session.environment.failed":
            yield from self._no_environment(event.get("environment") or {})
        if not self.turn or event.get("turn_id") != self.turn.get("id"):
            return
        match kind.removeprefix(_TURN):
            case "output_text.delta":
                yield from self._passage(event).add(str(event.get("delta") or ""))
            case "item.added":
                yield from self._begins(event.get("item") or {})
            case "item.done":
                yield from self.item(event.get("item") or {})

    def look(self, turn: Object) -> None:
        """Take a turn, if it is the one that answers."""
        ours, this = self.turn.get("id"), turn.get("id")
        known = this == ours if ours else this != self._before
        if known and turn.get("subagent_id") is None:
            self.turn = turn

    @property
    def over(self) -> bool:
        """Whether the turn has ended, and the session takes the next question."""
        if self.stopped is not None or self.session.get("status") == "failed":
            return True
        return self.turn.get("status") in ENDED and self.session.get("status") == "idle"

    def calls(self) -> list[FunctionCall]:
        """The functions whose results the session waits for, each told once."""
        return [
            FunctionCall(str(each["call_id"]), str(each["name"]), steps.as_text(each["arguments"]))
            for each in self._required("function_call", "call_id")
        ]

    def approvals(self) -> list[Approval]:
        """The tools of MCP servers that wait for an approval."""
        return [
            Approval(
                str(each["request_id"]),
                str(each["request"].get("server_label")),
                str(each["request"].get("name") or each["request"].get("message") or "a tool"),
                steps.as_text(each["request"].get("arguments")),
            )
            for each in self._required("mcp_approval_request", "request_id")
        ]

    def others(self) -> list[str]:
        """What else the session waits for, by type: nothing here can give it."""
        known = ("function_call", "mcp_approval_request")
        actions = self._actions()
        return sorted({str(each.get("type")) for each in actions} - set(known))

    def inputs(self, outputs: Mapping[str, Output], allowed: Mapping[str, bool]) -> list[Object]:
        """What to send for the calls and approvals that have now been answered, by their IDs."""
        results: list[Object] = [
            {
                "type": "agent.session.input.tool_result",
                "turn_id": each["turn_id"],
                "call_id": each["call_id"],
                **_result(outputs[each["call_id"]]),
            }
            for each in self._required("function_call", "call_id")
        ]
        decisions: list[Object] = [
            {
                "type": "agent.session.input.mcp_approval_request_result",
                "request_id": each["request_id"],
                "response": {
                    "type": "mcp_tool_call",
                    "decision": "approve" if allowed[each["request_id"]] else "deny",
                },
            }
            for each in self._required("mcp_approval_request", "request_id")
        ]
        self._answered |= {*outputs, *allowed}
        return results + decisions

    def finish(self, items: Sequence[Object]) -> Iterator[Event]:
        """Whatever of the turn's items the stream has not told."""
        for item in items:
            yield from self.item(item)
        for passage in self._passages.values():
            yield from passage.flush()

    def end(self) -> End:
        """How the turn ended."""
        usage = usage_of(self.turn.get("usage"))
        if self.stopped is not None:
            return self.stopped
        if self.turn.get("status") == "completed":
            return Done(usage)
        error = self.turn.get("error") or {}
        if error.get("code") == _CUT:
            return Done(usage, _CUT)
        broken = self.session.get("status") == "failed"
        status = "failed" if broken else str(self.turn.get("status"))
        said = error.get("message") or self.session.get("error")
        return Failed(status, str(said or f"the turn is {status}"), error.get("code"), usage)

    # --- items ---------------------------------------------------------------------------------

    def item(self, item: Object) -> Iterator[Event]:
        """An item that is complete. A function's result comes from us, and is told by who asks."""
        item_id, kind = str(item.get("id")), item.get("type")
        if item_id in self._over or item.get("status") == "in_progress":
            return
        self._over.add(item_id)
        if kind == "message" and item.get("role") == "assistant":
            yield from self._message(item_id, item)
        elif steps.is_step(item) and kind != "function_call":
            yield steps.done(item)

    def _message(self, item_id: str, item: Object) -> Iterator[Event]:
        texts = [str(part.get("text") or "") for part in item.get("content") or ()]
        for index, text in enumerate(texts):
            yield from self._passage({"item_id": item_id, "content_index": index}).whole(text)
        if any(texts):
            yield MessageDone()

    def _begins(self, item: Object) -> Iterator[Event]:
        step = steps.id_of(item)
        if steps.is_step(item) and step not in self._begun:
            self._begun.add(step)
            yield StepStarted(step, steps.kind_of(item), steps.name_of(item))

    def _no_environment(self, environment: Object) -> Iterator[Event]:
        """The session does without the machine that it was to have: nobody else says so."""
        known = str(environment.get("id"))
        if known not in self._over:
            self._over.add(known)
            why = steps.error_of({"error": environment.get("error") or "it failed"})
            yield StepDone(known, "other", "environment", error=f"no environment: {why}")

    def _passage(self, place: Object) -> Passage:
        key = (str(place.get("item_id")), int(place.get("content_index") or 0))
        return self._passages.setdefault(key, Passage(marks=False))

    def _actions(self) -> list[dict[str, Any]]:
        waiting = self.session.get("status") == "requires_action"
        return list(self.session.get("required_actions") or ()) if waiting else []

    def _required(self, kind: str, key: str) -> list[dict[str, Any]]:
        wanted = [each for each in self._actions() if each.get("type") == kind]
        return [each for each in wanted if each.get(key) not in self._answered]
