"""Responses as the API shows and streams them, and conversations over scripts of those."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.talk.wires import PARTY, ScriptedWire, answered, terms

from retinue.errors import Unavailable
from retinue.talk.answers import Answer
from retinue.talk.conversation import Party
from retinue.talk.responses import ResponseConversation

CUT = Unavailable("POST: the answer broke off")
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
SEARCH = {"type": "file_search", "vector_store_ids": ["vs_1"]}
INTERPRETER = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}


def party(*tools: Any, **more: Any) -> Party:
    values = {"model": "gpt-5", "name": "tutor", "digest": "d", "tools": list(tools), **more}
    return replace(PARTY, type="responses.assistant", id="tutor@3", values=values)


def response(status: str, *output: Any, **more: Any) -> dict[str, Any]:
    """A response as the API shows it."""
    return {"id": "resp_1", "object": "response", "status": status, "output": [*output], **more}


def told(status: str, *output: Any, **more: Any) -> dict[str, Any]:
    """The event of a response's status."""
    return {"type": f"response.{status}", "response": response(status, *output, **more)}


def said(text: str) -> dict[str, Any]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return {"type": "response.output_text.delta", **place, "delta": text}


def noted(note: dict[str, Any]) -> dict[str, Any]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return {"type": "response.output_text.annotation.added", **place, "annotation": note}


def cite(file_id: str, index: int, name: str = "n.md") -> dict[str, Any]:
    return {"type": "file_citation", "file_id": file_id, "index": index, "filename": name}


def message(text: str, *notes: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [*notes]}
    return {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}


def done(item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": 0, "item": item}


def call(call_id: str, name: str) -> dict[str, Any]:
    inside = {"call_id": call_id, "name": name, "arguments": "{}"}
    return {"id": f"fc_{call_id}", "type": "function_call", "status": "completed", **inside}


BEGUN = told("in_progress")
END = told("completed", message("So it is."), usage=USAGE)


def wire_of(*streams: list[Any], **answers: Any) -> ScriptedWire:
    known = {"POST /conversations": {"id": "conv_1"}}
    return ScriptedWire(streams=list(streams), answers=known | answers.pop("answers", {}))


def talk_over(wire: ScriptedWire, **more: Any) -> ResponseConversation:
    return ResponseConversation(terms(wire, more.pop("party", party()), **more))


def ask(wire: ScriptedWire, **more: Any) -> Answer:
    return answered(talk_over(wire, **more))
