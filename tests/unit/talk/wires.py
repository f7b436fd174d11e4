"""A platform made of scripts: what a conversation asks, and what it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retinue.address import Address
from retinue.engine.entry import Entry, Snapshot
from retinue.errors import NotFound, PlatformError
from retinue.kinds.base import Upload
from retinue.talk.answers import Answer, Collector
from retinue.talk.conversation import Conversation, Party
from retinue.talk.events import Approval, FunctionCall, Output
from retinue.talk.sources import Sources
from retinue.talk.terms import Terms

PARTY = Party(Address("assistant", "tutor"), "assistants.assistant", "asst_1", {"model": "gpt-4o"})
PAPER = Address("file", "paper")
SNAPSHOT = Snapshot(
    project="school",
    stack="default",
    lineage="l",
    entries={
        PARTY.address: Entry(
            address=PARTY.address, type=PARTY.type, id=PARTY.id, values=PARTY.values
        ),
        PAPER: Entry(address=PAPER, type="file", id="file-1", values={"filename": "paper.pdf"}),
    },
)


class Answering:
    """A responder: functions give their names in capitals, or fail with those as the reason;
    ``allows`` says what may happen."""

    def __init__(
        self, *, answers: bool = True, fails: bool = False, allows: bool | None = True
    ) -> None:
        self._answers = answers
        self._fails = fails
        self._allows = allows
        self.calls: list[str] = []
        self.wanted: list[Approval] = []

    async def __call__(self, calls: Sequence[FunctionCall]) -> Mapping[str, Output] | None:
        self.calls += [call.id for call in calls]
        if not self._answers:
            return None
        return {call.id: Output(call.name.upper(), failed=self._fails) for call in calls}

    async def approve(self, wanted: Sequence[Approval]) -> Mapping[str, bool] | None:
        self.wanted += wanted
        return None if self._allows is None else {each.id: self._allows for each in wanted}


NOBODY = Answering(answers=False, allows=None)


def answered(conversation: Conversation, question: str = "Why?") -> Answer:
    """What asking comes to."""

    async def work() -> Answer:
        collector = Collector(now=lambda: 0.0)
        async for event in conversation.ask(question):
            collector.feed(event)
        return collector.answer()

    return asyncio.run(work())


@dataclass
class ScriptedWire:
    """Answers by ``METHOD path``: an object, an error, or a list of them in turn. ``streams`` are
    the events of each stream in turn; an error among them breaks it off."""

    answers: dict[str, Any] = field(default_factory=dict)
    streams: list[Iterable[Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)

    def _answer(self, where: str) -> Any:
        self.asked.append(where)
        found = self.answers.get(where, {"POST /threads": {"id": "thread_1"}}.get(where, {}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, PlatformError):
            raise found
        return found

    async def get(self, path: str, params: Any = None) -> Any:
        del params
        return self._answer(f"GET {path}")

    async def page(self, path: str, params: Any = None) -> Any:
        return await self.get(path, params)

    async def find(self, path: str) -> Any:
        try:
            return self._answer(f"GET {path}") or None
        except NotFound:
            return None

    async def create(self, path: str, body: Any) -> Any:
        self.bodies.append(body)
        return self._answer(f"POST {path}")

    async def add(self, path: str, body: Any) -> None:
        await self.create(path, body)

    async def change(self, path: str, body: Any) -> Any:
        return await self.create(path, body)

    async def delete(self, path: str) -> None:
        self._answer(f"DELETE {path}")

    async def upload(self, path: str, fields: Any, upload: Upload, filename: str) -> Any:
        self.bodies.append({**fields, "filename": filename, "size": upload.size})
        return {"id": "file-new", **self._answer(f"POST {path}")}

    async def stream(self, path: str, body: Any, params: Any = None) -> AsyncIterator[Any]:
        del params
        self.asked.append(f"STREAM {path}")
        self.bodies.append(body)
        async for event in self._told():
            yield event

    async def _told(self) -> AsyncIterator[Any]:
        for event in self.streams.pop(0):
            if isinstance(event, PlatformError):
                raise event
            yield event

    async def send(self, path: str, body: Any) -> None:
        await self.create(path, body)

    @contextlib.asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[AsyncIterator[Any]]:
        self.asked.append(f"LISTEN {path}")
        yield self._told()

    async def pause(self, seconds: float) -> None:
        del seconds


def terms(wire: ScriptedWire, party: Party, **more: Any) -> Terms:
    """What a conversation over a script begins with."""
    respond = more.pop("respond", NOBODY)
    sources = Sources(SNAPSHOT, wire)
    return Terms(wire=wire, streams=wire, party=party, sources=sources, respond=respond, **more)


def run(status: str, **more: Any) -> dict[str, Any]:
    """A run as the API shows it."""
    return {"id": "run_1", "object": "thread.run", "status": status, **more}


def told(status: str, **more: Any) -> dict[str, Any]:
    """The event of a run's status."""
    return {"event": f"thread.run.{status}", "data": run(status, **more)}


def said(text: str, *notes: dict[str, Any]) -> dict[str, Any]:
    """A piece of a message."""
    content = {"type": "text", "text": {"value": text, "annotations": list(notes)}}
    data = {"id": "msg_1", "delta": {"content": [content]}}
    return {"event": "thread.message.delta", "data": data}


def message(text: str, *notes: dict[str, Any]) -> dict[str, Any]:
    """A whole message."""
    content = {"type": "text", "text": {"value": text, "annotations": list(notes)}}
    return {"id": "msg_1", "role": "assistant", "content": [content]}


def cite(mark: str, file_id: str) -> dict[str, Any]:
    """An annotation."""
    return {"type": "file_citation", "text": mark, "file_citation": {"file_id": file_id}}


def action(*calls: tuple[str, str, str]) -> dict[str, Any]:
    """``required_action`` for calls: ID, name and arguments."""
    wanted = [
        {"id": each, "type": "function", "function": {"name": name, "arguments": arguments}}
        for each, name, arguments in calls
    ]
    return {"submit_tool_outputs": {"tool_calls": wanted}}
