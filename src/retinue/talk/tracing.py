"""What is traced: spans after OpenTelemetry's conventions for generative AI, behind a small seam.

Knows no exporter: `retinue.talk.telemetry` sends spans away, `OFF` forgets them. Prompts, answers,
arguments and results are in spans only where a tracer says that content may be; keys never are.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from retinue.kinds.base import Upload
from retinue.talk.conversation import Conversation, Party
from retinue.talk.events import (
    Done,
    Event,
    Failed,
    FunctionCall,
    Output,
    Started,
    StepDone,
    StepStarted,
    TextDelta,
    Usage,
)

Value: TypeAlias = "str | int | float | bool | Sequence[str]"
Attributes: TypeAlias = Mapping[str, Value]

PROVIDER = "openai"
_ID = re.compile(r"/[a-z]+[_-][A-Za-z0-9]{8,}")


class Span(Protocol):
    """Something that takes time. Ends with the block that it was opened for."""

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        ...

    def fail(self, kind: str, reason: str) -> None:
        """It did not work: ``kind`` is a word with few values, ``reason`` a sentence."""
        ...


class Tracer(Protocol):
    """Opens spans. ``content``: whether what people and models say may be in them."""

    @property
    def content(self) -> bool: ...

    def span(
        self, name: str, attributes: Attributes, *, client: bool = False
    ) -> AbstractContextManager[Span]:
        """A span below the one that is open in this task; ``client``: it is a request."""
        ...

    def past(self, name: str, attributes: Attributes, *, seconds: float, error: str = "") -> None:
        """A span that has just ended and took ``seconds``."""
        ...

    def conclude(self, *, passed: bool) -> None:
        """Say how the whole command ended."""
        ...


class _NoSpan:
    def set(self, attributes: Attributes) -> None:
        del attributes

    def fail(self, kind: str, reason: str) -> None:
        del kind, reason


class _Off:
    """A tracer that forgets everything."""

    content = False

    @contextlib.contextmanager
    def span(self, name: str, attributes: Attributes, *, client: bool = False) -> Iterator[Span]:
        del name, attributes, client
        yield _NoSpan()

    def past(self, name: str, attributes: Attributes, *, seconds: float, error: str = "") -> None:
        del name, attributes, seconds, error

    def conclude(self, *, passed: bool) -> None:
        del passed


OFF: Tracer = _Off()


def observe(tracer: Tracer, where: str) -> AbstractContextManager[object]:
    """The span of a request, e.g. ``POST /threads/{id}/runs``: IDs are left out of its name."""
    method, _, path = where.partition(" ")
    attributes = {"http.request.method": method, "url.template": _ID.sub("/{id}", path)}
    return tracer.span(_ID.sub("/{id}", where), attributes, client=True)


class TracedConversation:
    """A conversation whose answers are spans, with a span below for every tool that ran."""

    def __init__(self, inner: Conversation, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    @property
    def party(self) -> Party:
        return self._inner.party

    @property
    def id(self) -> str | None:
        return self._inner.id

    async def cancel(self) -> None:
        await self._inner.cancel()

    async def close(self, *, forget: bool) -> None:
        await self._inner.close(forget=forget)

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        party = self.party
        attributes = agent_attributes("invoke_agent", party.id, str(party.address.name))
        if party.model:
            attributes["gen_ai.request.model"] = party.model
        with self._tracer.span(f"invoke_agent {party.address.name}", attributes) as span:
            watch = _Watch(self._tracer, span)
            async for event in self._inner.ask(question, files):
                watch.see(event)
                yield event
            if self._tracer.content:
                span.set(_messages(question, watch.text))


class _Watch:
    """Turns the events of one answer into attributes and spans."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._began: dict[str, float] = {}
        self._ours: set[str] = set()
        self.text = ""

    def see(self, event: Event) -> None:
        match event:
            case Started(thread):
                self._span.set({"gen_ai.conversation.id": thread})
            case StepStarted():
                self._began[event.id] = time.monotonic()
            case FunctionCall():
                self._ours.add(event.id)
            case StepDone() if event.id not in self._ours:
                self._tool(event)
            case TextDelta(text) if self._tracer.content:
                self.text += text
            case Done(usage, incomplete):
                reason = "length" if incomplete else "stop"
                self._span.set({"gen_ai.response.finish_reasons": [reason], **_tokens(usage)})
            case Failed():
                self._span.set(_tokens(event.usage))
                shown = event.reason if self._tracer.content else event.status
                self._span.fail(event.code or event.status, shown)
            case _:
                pass

    def _tool(self, step: StepDone) -> None:
        seconds = time.monotonic() - self._began.get(step.id, time.monotonic())
        call = FunctionCall(step.id, step.name, step.input)
        error = "tool_failed" if step.error else ""
        _tool_ran(self._tracer, "extension", call, step.output, seconds=seconds, error=error)


class TracedCalls:
    """A `retinue.talk.calling.Watcher` that makes a span of every handler that ran."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def __call__(self, call: FunctionCall, output: Output, seconds: float) -> None:
        error = "handler_failed" if output.failed else ""
        _tool_ran(self._tracer, "function", call, output.text, seconds=seconds, error=error)


def _tool_ran(
    tracer: Tracer, kind: str, call: FunctionCall, result: str, *, seconds: float, error: str
) -> None:
    """Make a span of a tool that has run; what went in and came out only where that is wanted."""
    attributes = tool_attributes(call.name, call.id, kind)
    if tracer.content:
        attributes |= {
            "gen_ai.tool.call.arguments": call.arguments,
            "gen_ai.tool.call.result": result,
        }
    tracer.past(f"execute_tool {call.name}", attributes, seconds=seconds, error=error)


def agent_attributes(operation: str, agent_id: str, name: str) -> dict[str, Value]:
    """What the conventions want to know of every operation on an agent."""
    found = {"gen_ai.agent.id": agent_id} if agent_id else {}
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.agent.name": name,
        **found,
    }


def tool_attributes(name: str, call_id: str, kind: str) -> dict[str, Value]:
    """The same of a tool; ``kind`` is ``function`` for ours, ``extension`` for the platform's."""
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call_id,
        "gen_ai.tool.type": kind,
    }


def _tokens(usage: Usage | None) -> dict[str, Value]:
    if usage is None:
        return {}
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
    }


def _messages(question: str, answer: str) -> dict[str, Value]:
    def said(role: str, text: str, **more: str) -> str:
        parts = [{"type": "text", "content": text}]
        return json.dumps([{"role": role, "parts": parts, **more}], ensure_ascii=False)

    return {
        "gen_ai.input.messages": said("user", question),
        "gen_ai.output.messages": said("assistant", answer, finish_reason="stop"),
    }
