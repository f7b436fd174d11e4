"""From the events and items of responses, as the Responses API sends them, to ours.

Follows the responses that answer one question. What a stream brings twice, or not at all because it
broke off, is told once: whole items fill in what their pieces have not said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from retinue.kinds.api import Object
from retinue.talk import steps
from retinue.talk.events import (
    Approval,
    Done,
    End,
    Event,
    Failed,
    Found,
    FunctionCall,
    MessageDone,
    Source,
    StepDone,
    StepStarted,
    Usage,
)
from retinue.talk.sources import Sources
from retinue.talk.spoken import Passage


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a conversation needs before it can go on: outputs of functions, and approvals."""

    calls: tuple[FunctionCall, ...] = ()
    approvals: tuple[Approval, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.calls or self.approvals)


def wanted_of(items: Iterable[Object]) -> Wanted:
    """What is asked for among ``items``, in whatever order, and not answered there."""
    found = list(items)
    given = {answered(item) for item in found}
    calls = (_call(item) for item in found if item.get("type") == "function_call")
    asked = (_approval(item) for item in found if item.get("type") == "mcp_approval_request")
    return Wanted(
        tuple(call for call in calls if call.id not in given),
        tuple(each for each in asked if each.id not in given),
    )


class ResponseReader:
    """``response`` is the response as it was last seen; ``marks``: whether marks of citations are
    to be put into the text, where the platform says their places."""

    def __init__(self, sources: Sources, *, marks: bool) -> None:
        self._sources = sources
        self._marks = marks
        self._passages: dict[tuple[str, int], Passage] = {}
        self._begun: set[str] = set()
        self._over: set[str] = set()
        self.response: Object = {}

    async def read(self, event: Object) -> AsyncIterator[Event]:
        """What one event of the stream says."""
        if isinstance(event.get("response"), Mapping):
            self.response = event["response"]
        match str(event.get("type")):
            case "response.output_text.delta":
                for each in self._passage(event).add(str(event.get("delta") or "")):
                    yield each
            case "response.output_text.annotation.added":
                await self._cite(self._passage(event), event.get("annotation"))
            case "response.output_item.added":
                for begun in self._begins(event.get("item") or {}):
                    yield begun
            case "response.output_item.done":
                async for told in self._item(event.get("item") or {}):
                    yield told
            case "error":
                error = {key: event.get(key) for key in ("code", "message")}
                self.response = {**self.response, "status": "failed", "error": error}

    async def finish(self) -> AsyncIterator[Event]:
        """Whatever of the last response the stream has not told."""
        for item in self.response.get("output") or ():
            async for event in self._item(item):
                yield event
        for passage in self._passages.values():
            for each in passage.flush():
                yield each

    def wanted(self) -> Wanted:
        """What the last response waits for; nothing, if it did not come to its end."""
        complete = self.response.get("status") == "completed"
        return wanted_of(self.response.get("output") or () if complete else ())

    def left(self) -> Wanted:
        """What a response that was cut off in the middle leaves open in its conversation."""
        cut = self.response.get("status") == "incomplete"
        return wanted_of(self.response.get("output") or () if cut else ())

    def end(self, usage: Usage | None) -> End:
        """How the last response ended."""
        status = str(self.response.get("status"))
        if status == "incomplete":
            details = self.response.get("incomplete_details") or {}
            return Done(usage, str(details.get("reason") or "unknown reason"))
        if status != "completed":
            error = self.response.get("error") or {}
            reason = str(error.get("message") or f"the response is {status}")
            return Failed(status, reason, error.get("code"), usage)
        refusal = " ".join(self._refusals())
        return Failed("refused", refusal, "refusal", usage) if refusal else Done(usage)

    def usage(self) -> Usage | None:
        """The tokens of the last response; None where the platform doesn't count."""
        return usage_of(self.response.get("usage"))

    def _refusals(self) -> Iterable[str]:
        for item in self.response.get("output") or ():
            for part in item.get("content") or () if item.get("type") == "message" else ():
                if part.get("type") == "refusal":
                    yield str(part.get("refusal") or "the model refuses")

    # --- items ---------------------------------------------------------------------------------

    def _begins(self, item: Object) -> Iterable[StepStarted]:
        step = steps.id_of(item)
        if steps.is_step(item) and item.get("type") != "mcp_list_tools" and step not in self._begun:
            self._begun.add(step)
            yield StepStarted(step, steps.kind_of(item), steps.name_of(item))

    async def _item(self, item: Object) -> AsyncIterator[Event]:
        """An item that is complete. A function's output comes from us, and is told by who asks."""
        item_id, kind = str(item.get("id")), item.get("type")
        if item_id in self._over:
            return
        self._over.add(item_id)
        if kind == "message":
            async for event in self._message(item_id, item):
                yield event
        elif kind == "file_search_call":
            hits = [await self._found(hit) for hit in item.get("results") or ()]
            searched = (steps.id_of(item), steps.kind_of(item), steps.name_of(item))
            yield StepDone(*searched, found=tuple(hits), error=steps.error_of(item))
        elif kind == "mcp_list_tools":
            # That a server was asked what it has is no news, unless it gave no answer.
            if item.get("error"):
                yield steps.done(item)
        elif steps.is_step(item) and kind != "function_call":
            yield steps.done(item)

    async def _message(self, item_id: str, item: Object) -> AsyncIterator[Event]:
        said = False
        for index, part in enumerate(item.get("content") or ()):
            if part.get("type") != "output_text":
                continue
            passage = self._passage({"item_id": item_id, "content_index": index})
            for note in part.get("annotations") or ():
                await self._cite(passage, note)
            text = str(part.get("text") or "")
            for each in passage.whole(text):
                yield each
            said = said or bool(text)
        if said:
            yield MessageDone()

    def _passage(self, place: Object) -> Passage:
        key = (str(place.get("item_id")), int(place.get("content_index") or 0))
        return self._passages.setdefault(key, Passage(marks=self._marks))

    async def _cite(self, passage: Passage, note: Object | None) -> None:
        """Files that were searched and pages; not what code has written, which nobody cites."""
        match (note or {}).get("type"), note or {}:
            case "file_citation", {"file_id": str(file_id), **more}:
                if more.get("filename"):
                    self._sources.learn(file_id, str(more["filename"]))
                place = more.get("index")
                at = place if isinstance(place, int) else -1
                passage.cite(at, await self._sources.find(file_id))
            case "url_citation", {"url": str(url), **more}:
                # The text names the page where it refers to it.
                passage.cite(-1, Source("", str(more.get("title") or url), url=url))
            case _:
                pass

    async def _found(self, hit: Object) -> Found:
        file_id = str(hit.get("file_id") or "")
        if hit.get("filename"):
            self._sources.learn(file_id, str(hit["filename"]))
        source = await self._sources.find(file_id) if file_id else Source("", "?")
        return Found(source, float(hit.get("score") or 0.0), str(hit.get("text") or ""))


def _call(item: Object) -> FunctionCall:
    arguments = str(item.get("arguments") or "")
    return FunctionCall(steps.id_of(item), steps.name_of(item), arguments)


def _approval(item: Object) -> Approval:
    arguments = str(item.get("arguments") or "")
    label, name = str(item.get("server_label")), str(item.get("name"))
    return Approval(str(item.get("id")), label, name, arguments)


def answered(item: Object) -> str | None:
    """The ID of the call, or of the request, that an item answers."""
    match item.get("type"):
        case "function_call_output":
            return str(item.get("call_id"))
        case "mcp_approval_response":
            return str(item.get("approval_request_id"))
        case _:
            return None


def usage_of(counts: Object | None) -> Usage | None:
    """Tokens as responses and turns of sessions count them; None where they don't."""
    if not isinstance(counts, Mapping):
        return None
    return Usage(int(counts.get("input_tokens") or 0), int(counts.get("output_tokens") or 0))
