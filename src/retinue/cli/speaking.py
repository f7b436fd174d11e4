"""Shows an answer while it comes: its text on stdout, everything else on stderr."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from retinue.cli.terminal import Terminal
from retinue.errors import RetinueError, Unanswered
from retinue.render.answers import (
    Flow,
    approval_text,
    call_text,
    done_text,
    ending_text,
    footnotes_text,
    started_text,
)
from retinue.render.escape import paragraph, visible
from retinue.talk.answers import Answer, Collector, document
from retinue.talk.events import (
    Approval,
    Event,
    FunctionCall,
    MessageDone,
    Notice,
    Started,
    StepDone,
    StepStarted,
    TextDelta,
)

if TYPE_CHECKING:
    from retinue.talk.conversation import Party


def _failure(answer: Answer, party: Party) -> RetinueError:
    """Why there is no whole answer, and what to do about it."""
    if answer.open_calls:
        names = sorted({call.name for call in answer.open_calls})
        hint = f"bind {names[0]} to a program: functions.NAME.handler in the manifests"
        return Unanswered(f"{party.address}: {answer.reason}", hint=hint)
    code = f" ({answer.code})" if answer.code else ""
    return Unanswered(f"{party.address}: the answer is {answer.status}: {answer.reason}{code}")


class AnswerPrinter:
    """``steps``: show tools at work. ``quiet``: collect only, and print a document at the end."""

    def __init__(
        self, terminal: Terminal, party: Party, *, steps: bool, quiet: bool = False
    ) -> None:
        self._terminal = terminal
        self._party = party
        self._quiet = quiet
        self._mid_line = False
        self._flow = Flow()
        self._thread: str | None = None
        self.steps = steps

    async def show(self, events: AsyncIterator[Event]) -> Answer:
        """Print the events of one answer and return what it came to."""
        collector = Collector()
        async for event in events:
            collector.feed(event)
            self._show(event, collector)
        self._end_line()
        return collector.answer()

    def finish(self, answer: Answer) -> None:
        """Footnotes, and what one needs to go on."""
        terminal, party = self._terminal, self._party
        if self._quiet:
            terminal.document(document(answer, party))
        elif answer.sources:
            terminal.say("\n" + footnotes_text(answer.sources, terminal.style))
        if answer.reason is not None:
            terminal.error(_failure(answer, party))
        if answer.thread is not None and not self._quiet:
            terminal.note(ending_text(answer, party.word, terminal.log_style))

    def broken_off(self, thread: str | None) -> None:
        """There is no end of the answer: say what goes on with the conversation all the same."""
        self._end_line()
        if thread is not None:
            self._note(f"{self._party.word} {visible(thread)}")

    def _show(self, event: Event, collector: Collector) -> None:
        if isinstance(event, TextDelta):
            self._write(collector.notes.numbered(event.text))
        elif isinstance(event, MessageDone):
            self._end_line()
        elif isinstance(event, Notice):
            self._note(paragraph(event.text))
        elif self.steps:
            self._show_step(event)

    def _show_step(self, event: Event) -> None:
        style = self._terminal.log_style
        if isinstance(event, Started) and event.thread != self._thread:
            self._thread = event.thread
            self._note(f"{self._party.word} {visible(event.thread)}")
        elif isinstance(event, StepStarted):
            self._note(started_text(event, style))
        elif isinstance(event, StepDone):
            # The arguments of a function were shown when the model asked for it.
            shown = replace(event, input="") if event.kind == "function" else event
            self._note(done_text(shown, style))
        elif isinstance(event, FunctionCall):
            self._note(call_text(event, style))
        elif isinstance(event, Approval):
            self._note(approval_text(event, style))

    def _write(self, text: str) -> None:
        if self._quiet or not text:
            return
        self._terminal.stream(self._flow.add(text) if self._terminal.out.isatty() else text)
        self._mid_line = not text.endswith("\n")

    def _end_line(self) -> None:
        if held := self._flow.end():
            self._terminal.stream(held)
        if self._mid_line:
            self._terminal.stream("\n")
            self._mid_line = False

    def _note(self, text: str) -> None:
        self._end_line()
        if text:
            self._terminal.note(text)
