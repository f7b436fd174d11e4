"""Spans of an apply: one for the whole, one for every step; the engine knows nothing of it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from retinue.address import Address
from retinue.engine.events import Event, StepDone, StepFailed, StepStarted
from retinue.engine.plan import Action
from retinue.engine.ports import Reporter
from retinue.engine.steps import Phase
from retinue.errors import RetinueError
from retinue.talk.sources import KIND
from retinue.talk.tracing import Attributes, Span, Tracer, Value, agent_attributes

Key = tuple[Address, Phase]
_CREATES = (Action.CREATE, Action.REPLACE)


class TracingReporter:
    """A `Reporter` that makes spans of steps and tells ``inner`` everything.

    A step is reported as begun in the task that carries it out, so that the requests which it
    sends become spans below its own.
    """

    def __init__(self, inner: Reporter, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer
        self._open: dict[Key, tuple[AbstractContextManager[Span], Span]] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            opened = self._tracer.span(*_named(event))
            self._open[_key(event)] = (opened, opened.__enter__())
        elif isinstance(event, (StepDone, StepFailed)):
            self._end(event)
        self._inner(event)

    def _end(self, event: StepDone | StepFailed) -> None:
        opened, span = self._open.pop(_key(event), (None, None))
        if opened is None or span is None:
            return
        if isinstance(event, StepFailed):
            error = event.error
            kind = error.code if isinstance(error, RetinueError) else type(error).__name__
            span.fail(kind, "the step failed")
        else:
            is_agent = event.address.kind == KIND
            name = "gen_ai.agent.id" if is_agent else "retinue.object_id"
            span.set({name: event.object_id})
        opened.__exit__(None, None, None)


def _key(event: StepStarted | StepDone | StepFailed) -> Key:
    return event.address, event.phase


def _named(event: StepStarted) -> tuple[str, Attributes]:
    attributes: dict[str, Value] = {
        "retinue.address": str(event.address),
        "retinue.action": event.action.value,
        "retinue.phase": event.phase.name.lower(),
    }
    creates = event.action in _CREATES and event.phase is Phase.WRITE
    if event.address.kind == KIND and creates:
        name = f"create_agent {event.address.name}"
        return name, {**agent_attributes("create_agent", "", event.address.name), **attributes}
    return f"{event.action.value} {event.address.kind}", attributes
