"""What an answer came to: its events, collected into one frozen object and one JSON document."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from retinue.talk.conversation import Party
from retinue.talk.events import (
    Citation,
    Done,
    Event,
    Failed,
    FunctionCall,
    MessageDone,
    Notice,
    Source,
    Started,
    StepDone,
    TextDelta,
    Usage,
)


class Footnotes:
    """Numbers the files that an answer refers to, in the order in which it does."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._marks: dict[str, int] = {}
        self.sources: list[Source] = []

    def add(self, citation: Citation) -> None:
        source = citation.source
        if source.key not in self._numbers:
            self.sources.append(source)
            self._numbers[source.key] = len(self.sources)
        if citation.mark:
            self._marks[citation.mark] = self._numbers[source.key]

    def numbered(self, text: str) -> str:
        """``text`` with ``[1]`` where the platform's marks are."""
        for mark, number in self._marks.items():
            text = text.replace(mark, f"[{number}]")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. ``status`` is ``completed``, ``incomplete``, or what went wrong; ``reason``
    says why it is not complete. ``seconds`` of wall time. ``calls``: functions that were called;
    ``open_calls``: those of them that nobody answered. ``notices``: what else is to be known."""

    text: str
    status: str
    reason: str | None = None
    code: str | None = None
    sources: tuple[Source, ...] = ()
    steps: tuple[StepDone, ...] = ()
    calls: tuple[FunctionCall, ...] = ()
    open_calls: tuple[FunctionCall, ...] = ()
    usage: Usage | None = None
    thread: str | None = None
    run: str | None = None
    seconds: float = 0.0
    notices: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return self.status == "completed"


@dataclass(slots=True)
class Collector:
    """Fed with the events of one answer; ``now`` counts seconds."""

    now: Callable[[], float] = time.monotonic
    notes: Footnotes = field(default_factory=Footnotes)
    _began: float = 0.0
    _messages: list[str] = field(default_factory=lambda: [""])
    _steps: list[StepDone] = field(default_factory=list)
    _calls: list[FunctionCall] = field(default_factory=list)
    _notices: list[str] = field(default_factory=list)
    _started: Started | None = None
    _end: Done | Failed | None = None

    def __post_init__(self) -> None:
        self._began = self.now()

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text):
                self._messages[-1] += text
            case MessageDone():
                self._messages.append("")
            case Citation():
                self.notes.add(event)
            case StepDone():
                self._steps.append(event)
            case FunctionCall():
                self._calls.append(event)
            case Notice(text):
                self._notices.append(text)
            case Started():
                self._started = event
            case Done() | Failed():
                self._end = event

    def answer(self) -> Answer:
        """What it came to; without an end it counts as cancelled."""
        end = self._end or Failed("cancelled", "the answer was broken off")
        failed = end if isinstance(end, Failed) else None
        incomplete = end.incomplete if isinstance(end, Done) else None
        text = "\n\n".join(message for message in self._messages if message)
        return Answer(
            text=self.notes.numbered(text),
            status=failed.status if failed else "incomplete" if incomplete else "completed",
            reason=failed.reason if failed else incomplete,
            code=failed.code if failed else None,
            sources=tuple(self.notes.sources),
            steps=tuple(self._steps),
            calls=tuple(self._calls),
            open_calls=failed.calls if failed else (),
            usage=end.usage,
            thread=self._started.thread if self._started else None,
            run=self._started.run if self._started else None,
            seconds=self.now() - self._began,
            notices=tuple(self._notices),
        )


def document(answer: Answer, party: Party) -> dict[str, Any]:
    """An answer as `retinue ask --json` prints it; ``format_version`` counts as a plan's does."""
    return {
        "format_version": "1.0",
        "assistant": {"address": str(party.address), "id": party.id},
        "thread_id": answer.thread,
        "run_id": answer.run,
        "status": answer.status,
        "error": _error(answer),
        "notices": list(answer.notices),
        "answer": answer.text,
        "citations": [
            {"number": number, **_source(source)}
            for number, source in enumerate(answer.sources, start=1)
        ],
        "steps": [_step(step) for step in answer.steps],
        "calls": _calls(answer.open_calls),
        "usage": usage_document(answer.usage),
        "seconds": round(answer.seconds, 3),
    }


def usage_document(usage: Usage | None) -> dict[str, int] | None:
    """Tokens as JSON; None where the platform doesn't count."""
    if usage is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total,
    }


def _error(answer: Answer) -> dict[str, str | None] | None:
    return None if answer.reason is None else {"code": answer.code, "message": answer.reason}


def _source(source: Source) -> dict[str, str | None]:
    if source.url is not None:
        return {"url": source.url, "title": source.name}
    return {"file_id": source.file_id, "file": source.name, "address": source.address}


def _calls(calls: Iterable[FunctionCall]) -> list[dict[str, str]]:
    return [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in calls]


def _step(step: StepDone) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": step.id, "type": step.kind, "name": step.name}
    if step.kind == "file_search":
        shown["results"] = [
            {**_source(hit.source), "score": hit.score, "text": hit.text} for hit in step.found
        ]
    else:
        shown |= {"input": step.input, "output": step.output}
    return {**shown, "error": step.error}
