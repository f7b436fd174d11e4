"""Progress as plain lines while the engine works: no cursor tricks, so that logs stay readable."""

from __future__ import annotations

from collections.abc import Callable

from retinue.engine.events import (
    Event,
    Note,
    RefreshDone,
    RefreshStarted,
    StepDone,
    StepEvent,
    StepFailed,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from retinue.render.escape import counted, paragraph, visible
from retinue.render.failures import message_of
from retinue.render.style import Style, Tone
from retinue.render.verbs import duration, verb

MANY = 100
"""Steps from which a log that nobody watches gets one line for each finished object only."""


class TextReporter:
    """Writes one line an event, each ending in a newline."""

    def __init__(self, write: Callable[[str], None], style: Style) -> None:
        self._write = write
        self._style = style
        self._total = 0
        self._finished = 0

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        text = self._text(event)
        if text:
            self._write(f"{text}\n")

    def _text(self, event: Event) -> str:
        match event:
            case RefreshStarted(tracked=tracked):
                return f"Reading the platform ({counted(tracked, 'tracked object')})..."
            case RefreshDone():
                return ""
            case Note(text=text):
                return f"{self._style.paint('Note:', Tone.CAUTION)} {paragraph(text)}"
            case _:
                return self._step(event)

    def _step(self, event: StepEvent) -> str:
        match event:
            case StepStarted():
                return self._started(event)
            case StepProgress():
                return self._still(event)
            case StepDone():
                return self._done(event)
            case StepFailed():
                return self._failed(event)
            case _:
                return self._skipped(event)

    def _line(self, event: StepEvent, text: str) -> str:
        return f"{self._style.paint(visible(str(event.address)), Tone.BOLD)}: {text}"

    def _started(self, event: StepStarted) -> str:
        self._total = event.total
        if event.total > MANY and not self._style.terminal:
            return ""
        return self._line(event, f"{verb(event.action, event.phase).doing}...")

    def _still(self, event: StepProgress) -> str:
        doing = verb(event.action, event.phase).doing
        return self._line(
            event, f"Still {doing[0].lower()}{doing[1:]}... [{duration(event.seconds)}]"
        )

    def _done(self, event: StepDone) -> str:
        noun = verb(event.action, event.phase).noun
        text = f"{noun} complete after {duration(event.seconds)} [id={visible(event.object_id)}]"
        return self._line(event, text) + self._share()

    def _share(self) -> str:
        """How far we are, where there are so many steps that one wonders."""
        self._finished += 1
        if self._total <= MANY:
            return ""
        return self._style.paint(f" ({self._finished} of {self._total})", Tone.DIM)

    def _failed(self, event: StepFailed) -> str:
        noun = verb(event.action, event.phase).noun
        reason = paragraph(message_of(event.error, about=str(event.address)))
        failed = self._style.paint(f"{noun} failed:", Tone.ALARM)
        return self._line(event, f"{failed} {reason}") + self._share()

    def _skipped(self, event: StepSkipped) -> str:
        return self._line(event, f"Skipped {because(event)}") + self._share()


def because(event: StepSkipped) -> str:
    """Why a step was not tried."""
    if event.because is None:
        return "because the apply was stopped"
    return f"because of {visible(str(event.because))}"
