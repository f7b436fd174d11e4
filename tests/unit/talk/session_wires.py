"""Sessions as the API shows and streams them, and conversations over scripts of those."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.talk.wires import PARTY, ScriptedWire, answered, terms

from retinue.errors import Unavailable
from retinue.talk.answers import Answer
from retinue.talk.sessions import SessionConversation

CUT = Unavailable("GET: the answer broke off")
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
VALUES = {"model": "gpt-5", "environment": "envt_1", "vaults": ["vlt_1"]}
AGENT = replace(PARTY, type="agents.assistant", id="agt_1", values=VALUES)
PATH = "/agents/sessions/sess_1"


def session(status: str, *actions: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "sess_1",
        "status": status,
        "required_actions": [*actions],
        "agent": {"id": "agt_1"},
        **more,
    }


def turn(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "turn_1", "status": status, "subagent_id": None, "usage": USAGE, **more}


def of_session(status: str, *actions: Any, kind: str = "", **more: Any) -> dict[str, Any]:
    """The event of a session's status."""
    shown = session(status, *actions, **more)
    return {"type": f"agent.session.{kind or status}", "session": shown}


def of_turn(status: str, kind: str = "", **more: Any) -> dict[str, Any]:
    """The event of a turn's status."""
    shown = turn(status, **more)
    return {"type": f"agent.session.turn.{kind or status}", "turn_id": shown["id"], "turn": shown}


def within(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"agent.session.turn.{kind}", "turn_id": "turn_1", **more}


def said(text: str, **more: Any) -> dict[str, Any]:
    place: dict[str, Any] = {"item_id": "msg_1", "content_index": 0}
    return within("output_text.delta", delta=text, **place, **more)


def message(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text}
    return {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}


def done(item: dict[str, Any]) -> dict[str, Any]:
    return within("item.done", item=item)


CREATED = of_session("in_progress", kind="created")
BEGUN = [CREATED, of_turn("queued", "created")]
IDLE = of_session("idle")
END = [done(message("So it is.")), of_turn("completed"), IDLE]
QUIZ = {
    "type": "function_call",
    "turn_id": "turn_1",
    "call_id": "c1",
    "name": "quiz",
    "arguments": {"title": "Limits"},
}
WAITING = of_session("requires_action", QUIZ)


def talk_over(wire: ScriptedWire, **more: Any) -> SessionConversation:
    return SessionConversation(terms(wire, AGENT, **more))


def ask(wire: ScriptedWire, **more: Any) -> Answer:
    return answered(talk_over(wire, **more))


def sent(wire: ScriptedWire) -> list[dict[str, Any]]:
    """The inputs that were sent into the session."""
    return [event for body in wire.bodies for event in body.get("events", ())]
