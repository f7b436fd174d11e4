"""Streamed pieces of messages and run steps, in the shapes of the Assistants API. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from retinue.local.calls import Json
from retinue.local.runs import answers, calls
from retinue.local.turns import events
from retinue.local.turns.items import Made, ToolCall
from retinue.local.turns.toolbox import code_of


class Speech:
    """A message on its way: what was streamed of it so far."""

    def __init__(self, message_id: str, step_id: str, images: Sequence[Made]) -> None:
        self.message_id = message_id
        self.step_id = step_id
        self._images = images
        self._words: list[str] = []
        self._noted: list[Json] = []

    def images(self) -> list[Json]:
        """The deltas of the images that come before the words."""
        return [
            self._delta({"index": index, **answers.image(made)})
            for index, made in enumerate(self._images)
        ]

    def add(self, event: events.TextAdded) -> Json:
        """The delta of more words; annotations are numbered through the whole message."""
        noted = [answers.annotation(each) for each in event.annotations]
        text: Json = {"value": event.text} if event.text else {}
        if noted or not self._words:
            first = len(self._noted)
            text["annotations"] = [
                {"index": first + place} | each for place, each in enumerate(noted)
            ]
        self._words.append(event.text)
        self._noted += noted
        return self._delta({"index": len(self._images), "type": "text", "text": text})

    def content(self) -> list[Json]:
        """What was streamed so far, as a message's content."""
        content = answers.content("".join(self._words), (), self._images)
        content[-1]["text"]["annotations"] = list(self._noted)
        return content if self._words else content[:-1]

    def _delta(self, content: Json) -> Json:
        delta = {"content": [content]}
        return {"id": self.message_id, "object": "thread.message.delta", "delta": delta}


def step_delta(step_id: str, event: events.Event) -> Json | None:
    """The delta of a tool call; None where the stream has nothing to say."""
    call = _call_delta(event)
    if call is None:
        return None
    details = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
    return {"id": step_id, "object": "thread.run.step.delta", "delta": details}


def _call_delta(event: events.Event) -> Json | None:
    match event:
        case events.CallOpened(index, call):
            return {"index": index, **_empty(call)}
        case events.CallGrew(index, call, delta) if call.kind == "function":
            return {"index": index, "type": "function", "function": {"arguments": delta}}
        case events.CallReady(index, call) if call.kind == "code_interpreter":
            code = {"input": code_of(call)}
            return {"index": index, "type": call.kind, call.kind: code}
        case events.CallDone(index, call) if call.kind == "code_interpreter":
            outputs = [output for each in call.outputs if (output := calls.wire_output(each))]
            numbered = [{"index": place} | each for place, each in enumerate(outputs)]
            return {"index": index, "type": call.kind, call.kind: {"outputs": numbered}}
        case _:
            return None


def _empty(call: ToolCall) -> Json:
    """A call that has just begun."""
    if call.kind == "function":
        function = {"name": call.name, "arguments": "", "output": None}
        return {"id": call.call_id, "type": "function", "function": function}
    inside: Json = {"input": "", "outputs": []} if call.kind == "code_interpreter" else {}
    return {"id": call.call_id, "type": call.kind, call.kind: inside}
