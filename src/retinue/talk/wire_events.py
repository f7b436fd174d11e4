"""From the events and objects of runs, as the Assistants API sends them, to ours.

Follows one run. What a stream brings twice, or not at all because it broke off, is told once: the
complete objects fill in what their pieces have not said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from retinue.kinds.api import Object
from retinue.talk.events import (
    Citation,
    Event,
    Found,
    FunctionCall,
    MessageDone,
    Source,
    StepDone,
    StepKind,
    StepStarted,
    TextDelta,
    Usage,
)
from retinue.talk.sources import Sources

_ENDED_MESSAGE = ("thread.message.completed", "thread.message.incomplete")
_ENDED_STEP = tuple(
    f"thread.run.step.{word}" for word in ("completed", "failed", "cancelled", "expired")
)
_RUN = "thread.run."
_KINDS: Mapping[str, StepKind] = {
    "code_interpreter": "code_interpreter",
    "file_search": "file_search",
    "function": "function",
}


class RunReader:
    """``run`` is the run as it was last seen."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._said: dict[str, int] = {}
        self._marks: dict[str, set[tuple[str, str]]] = {}
        self._over: set[str] = set()
        self._begun: set[str] = set()
        self.run: Object = {}

    async def read(self, event: Object) -> AsyncIterator[Event]:
        """What one event of the stream says."""
        name, data = str(event.get("event", "")), event.get("data")
        if not isinstance(data, Mapping):
            return
        if name.startswith(_RUN) and data.get("object") == "thread.run":
            self.run = data
        async for each in self._told(name, data):
            yield each

    def _told(self, name: str, data: Object) -> AsyncIterator[Event]:
        if name == "thread.message.delta":
            return self._words(str(data.get("id")), data.get("delta") or {})
        if name in _ENDED_MESSAGE:
            return self.message(data)
        if name in _ENDED_STEP:
            return self.step(data)
        return self._begins(data if name == "thread.run.step.delta" else {})

    async def message(self, message: Object) -> AsyncIterator[Event]:
        """A message that is complete: what was not streamed of it, and its end."""
        message_id = str(message.get("id"))
        if message_id in self._over or message.get("role") != "assistant":
            return
        self._over.add(message_id)
        text, annotations = _content(message)
        async for each in self._cited(message_id, annotations):
            yield each
        rest = text[self._said.get(message_id, 0) :]
        if rest:
            yield TextDelta(rest)
        if text:
            yield MessageDone()

    async def step(self, step: Object) -> AsyncIterator[Event]:
        """A step that has ended."""
        step_id = str(step.get("id"))
        if step_id in self._over:
            return
        self._over.add(step_id)
        error = (step.get("last_error") or {}).get("message")
        if error is None and step.get("status") != "completed":
            error = f"the step is {step.get('status')}"
        for call in _calls(step.get("step_details")):
            # A function's output comes from us, and is told by who asks.
            if _kind(call) != "function":
                yield await self._done(call, error)

    async def _words(self, message_id: str, delta: Object) -> AsyncIterator[Event]:
        text, annotations = _content(delta)
        async for each in self._cited(message_id, annotations):
            yield each
        if text:
            self._said[message_id] = self._said.get(message_id, 0) + len(text)
            yield TextDelta(text)

    async def _cited(self, message_id: str, annotations: list[Object]) -> AsyncIterator[Event]:
        marks = self._marks.setdefault(message_id, set())
        for note in annotations:
            file_id = (note.get("file_citation") or {}).get("file_id")
            mark = str(note.get("text") or "")
            if file_id and (mark, str(file_id)) not in marks:
                marks.add((mark, str(file_id)))
                yield Citation(mark, await self._sources.find(str(file_id)))

    async def _begins(self, data: Object) -> AsyncIterator[Event]:
        for call in _calls((data.get("delta") or {}).get("step_details")):
            call_id = str(call.get("id") or "")
            if call_id and call_id not in self._begun:
                self._begun.add(call_id)
                yield StepStarted(call_id, _kind(call), _name(call))

    async def _done(self, call: Object, error: str | None) -> StepDone:
        kind = _kind(call)
        inside = call.get(str(call.get("type"))) or {}
        common = (str(call.get("id") or ""), kind, _name(call))
        if kind == "code_interpreter":
            printed = [_printed(each) for each in inside.get("outputs") or ()]
            return StepDone(
                *common, str(inside.get("input") or ""), "\n".join(printed), error=error
            )
        if kind == "file_search":
            hits = [await self._found(hit) for hit in inside.get("results") or ()]
            return StepDone(*common, found=tuple(hits), error=error)
        arguments, output = inside.get("arguments") or "", inside.get("output") or ""
        return StepDone(*common, str(arguments), str(output), error=error)

    async def _found(self, hit: Object) -> Found:
        file_id = str(hit.get("file_id") or "")
        if hit.get("file_name"):
            self._sources.learn(file_id, str(hit["file_name"]))
        source = await self._sources.find(file_id) if file_id else Source("", "?")
        texts = (str(part.get("text") or "") for part in hit.get("content") or ())
        return Found(source, float(hit.get("score") or 0.0), "\n".join(texts))


def step_without_passages(event: Object) -> str | None:
    """The ID of the search step that ends in ``event``, if its results come without their text."""
    data = event.get("data")
    if event.get("event") not in _ENDED_STEP or not isinstance(data, Mapping):
        return None
    searches = (call.get("file_search") or {} for call in _calls(data.get("step_details")))
    hits = [hit for search in searches for hit in search.get("results") or ()]
    bare = hits and not any(hit.get("content") for hit in hits)
    return str(data.get("id")) if bare else None


def waiting(run: Object) -> list[FunctionCall]:
    """The function calls that a run waits for."""
    action = (run.get("required_action") or {}).get("submit_tool_outputs") or {}
    return [
        FunctionCall(str(call["id"]), _name(call), str(call["function"].get("arguments") or ""))
        for call in action.get("tool_calls") or ()
        if call.get("type") == "function"
    ]


def usage_of(run: Object) -> Usage | None:
    """The tokens of a run that is over; None where the platform doesn't count."""
    given = run.get("usage")
    if not isinstance(given, Mapping):
        return None
    return Usage(int(given.get("prompt_tokens") or 0), int(given.get("completion_tokens") or 0))


def _content(message: Object) -> tuple[str, list[Object]]:
    """The text of a message or of a piece of one, and the annotations in it."""
    texts = [
        part.get("text") or {}
        for part in message.get("content") or ()
        if part.get("type") == "text"
    ]
    notes = [note for text in texts for note in text.get("annotations") or ()]
    return "".join(str(text.get("value") or "") for text in texts), notes


def _calls(details: Any) -> list[Object]:
    if not isinstance(details, Mapping):
        return []
    return [call for call in details.get("tool_calls") or () if isinstance(call, Mapping)]


def _kind(call: Object) -> StepKind:
    return _KINDS.get(str(call.get("type")), "other")


def _name(call: Object) -> str:
    function = call.get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    return str(name or call.get("type") or "tool")


def _printed(output: Object) -> str:
    if output.get("type") == "logs":
        return str(output.get("logs") or "").rstrip("\n")
    file_id = (output.get("image") or {}).get("file_id")
    return f"[image {file_id}]" if file_id else f"[{output.get('type')}]"
