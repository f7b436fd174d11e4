"""A turn's events as output items and as the Responses API's streamed events. Pure.

Names, order and shapes are those of OpenAI's API description of 2026-08-21. Items are kept whole;
what the client didn't ask to include is left out when they are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from retinue.local.calls import Json
from retinue.local.responses.answers import item as shown
from retinue.local.turns import events
from retinue.local.turns.events import Annotation, Citation
from retinue.local.turns.items import Hit, Logs, Made, ToolCall
from retinue.local.turns.toolbox import code_of, query_of

_PREFIXES = {"function": "fc_", "file_search": "fs_", "code_interpreter": "ci_"}


class Output:
    """Collects the items of one response. ``take`` gives the events to send, without numbers."""

    def __init__(self, include: Collection[str], mint_suffix: str) -> None:
        self._include = include
        self._container = f"cntr_{mint_suffix}"
        self._mint_suffix = mint_suffix
        self._message: int | None = None
        self._words: list[str] = []
        self._noted: list[Json] = []
        self._group: dict[int, int] = {}
        self.items: list[Json] = []

    def take(self, event: events.Event) -> Iterator[Json]:
        """Take the next event of the turn."""
        match event:
            case events.MessageOpened():
                yield from self._open_message()
            case events.TextAdded():
                yield from self._add_text(event)
            case events.MessageClosed():
                yield from self._close_message("incomplete" if event.cut else "completed")
            case events.GroupOpened():
                self._group = {}
            case events.CallOpened(index, call):
                yield from self._open_call(index, call)
            case events.CallGrew(index, call, delta) if call.kind == "function":
                kind = "response.function_call_arguments.delta"
                yield {"type": kind, **self._at(self._group[index]), "delta": delta}
            case events.CallReady(index, call):
                yield from self._ready(self._group[index], call)
            case events.CallDone(index, call):
                yield from self._done(self._group[index], call)
            case _:
                pass

    def abandon(self) -> None:
        """The turn was broken off: what is open is incomplete."""
        for _ in self._close_message("incomplete"):
            pass
        for each in self.items:
            if each["status"] in ("in_progress", "searching", "interpreting"):
                each["status"] = "incomplete"

    # --- Messages ------------------------------------------------------------------------------

    def _open_message(self) -> Iterator[Json]:
        self._message, self._words, self._noted = len(self.items), [], []
        yield from self._add(
            {
                "id": self._id("msg_"),
                "type": "message",
                "status": "in_progress",
                "role": "assistant",
                "content": [],
            }
        )
        part = {"content_index": 0, "part": _part("", [])}
        yield {"type": "response.content_part.added", **self._at(self._message), **part}

    def _add_text(self, event: events.TextAdded) -> Iterator[Json]:
        assert self._message is not None
        place = self._at(self._message) | {"content_index": 0}
        if event.text:
            self._words.append(event.text)
            words = {"delta": event.text, "logprobs": []}
            yield {"type": "response.output_text.delta", **place, **words}
        for each in event.annotations:
            noted = {"annotation_index": len(self._noted), "annotation": _annotation(each)}
            self._noted.append(_annotation(each))
            yield {"type": "response.output_text.annotation.added", **place, **noted}

    def _close_message(self, status: str) -> Iterator[Json]:
        if self._message is None:
            return
        index, self._message = self._message, None
        place = self._at(index) | {"content_index": 0}
        text = "".join(self._words)
        part = _part(text, self._noted)
        self.items[index] |= {"status": status, "content": [part]}
        yield {"type": "response.output_text.done", **place, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **place, "part": part}
        yield self._finished(index)

    # --- Calls ---------------------------------------------------------------------------------

    def _open_call(self, index: int, call: ToolCall) -> Iterator[Json]:
        place = self._group[index] = len(self.items)
        yield from self._add(self._item(self._id(_PREFIXES[call.kind]), call, "in_progress"))
        if call.kind != "function":
            yield {"type": f"response.{call.kind}_call.in_progress", **self._at(place)}

    def _ready(self, place: int, call: ToolCall) -> Iterator[Json]:
        at = self._at(place)
        item_id = self.items[place]["id"]
        if call.kind == "function":
            self.items[place] = self._item(item_id, call, "completed")
            done = {"name": call.name, "arguments": call.arguments}
            yield {"type": "response.function_call_arguments.done", **at, **done}
            yield self._finished(place)
        elif call.kind == "file_search":
            self.items[place] = self._item(item_id, call, "searching")
            yield {"type": "response.file_search_call.searching", **at}
        else:
            self.items[place] = self._item(item_id, call, "interpreting")
            code = code_of(call)
            yield {"type": "response.code_interpreter_call_code.delta", **at, "delta": code}
            yield {"type": "response.code_interpreter_call_code.done", **at, "code": code}
            yield {"type": "response.code_interpreter_call.interpreting", **at}

    def _done(self, place: int, call: ToolCall) -> Iterator[Json]:
        self.items[place] = self._item(self.items[place]["id"], call, "completed")
        yield {"type": f"response.{call.kind}_call.completed", **self._at(place)}
        yield self._finished(place)

    def _item(self, item_id: str, call: ToolCall, status: str) -> Json:
        if call.kind == "function":
            inside: Json = {
                "call_id": call.call_id,
                "name": call.name,
                "arguments": call.arguments,
            }
            return {"id": item_id, "type": "function_call", "status": status, **inside}
        if call.kind == "file_search":
            # The query is known once the arguments are complete.
            queries = [] if status == "in_progress" else [query_of(call)]
            inside = {"queries": queries, "results": [_result(hit) for hit in call.hits]}
            return {"id": item_id, "type": "file_search_call", "status": status, **inside}
        code = "" if status == "in_progress" else code_of(call)
        outputs = [output for each in call.outputs if (output := _output(each))]
        inside = {"code": code, "container_id": self._container, "outputs": outputs}
        return {"id": item_id, "type": "code_interpreter_call", "status": status, **inside}

    # --- Shared --------------------------------------------------------------------------------

    def _id(self, prefix: str) -> str:
        return f"{prefix}{self._mint_suffix}{len(self.items):04x}"

    def _add(self, item: Json) -> Iterator[Json]:
        self.items.append(item)
        added = {"output_index": len(self.items) - 1, "item": shown(dict(item), self._include)}
        yield {"type": "response.output_item.added", **added}

    def _at(self, index: int) -> Json:
        return {"item_id": self.items[index]["id"], "output_index": index}

    def _finished(self, index: int) -> Json:
        item = shown(dict(self.items[index]), self._include)
        return {"type": "response.output_item.done", "output_index": index, "item": item}


def _part(text: str, noted: list[Json]) -> Json:
    return {"type": "output_text", "text": text, "annotations": list(noted), "logprobs": []}


def _annotation(given: Annotation) -> Json:
    if isinstance(given, Citation):
        named = {"file_id": given.file_id, "filename": given.filename}
        return {"type": "file_citation", "index": given.start, **named}
    # OpenAI names a container's file here; there are no containers on this platform, files only.
    return {"type": "file_path", "file_id": given.file_id, "index": given.start}


def _result(hit: Hit) -> Json:
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "text": hit.text,
        "attributes": dict(hit.attributes),
    }


def _output(given: Logs | Made) -> Json | None:
    if isinstance(given, Logs):
        return {"type": "logs", "logs": given.text}
    if given.image:
        return {"type": "image", "url": f"/v1/files/{given.file_id}/content"}
    return None
