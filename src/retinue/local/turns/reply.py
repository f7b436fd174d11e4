"""One answer of the model, taken chunk by chunk and told as events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from retinue.local.turns import events
from retinue.local.turns.citations import Citer
from retinue.local.turns.events import Event
from retinue.local.turns.items import Made, ToolCall, Usage
from retinue.local.turns.ports import CallChunk, Chunk, EndChunk, TextChunk
from retinue.local.turns.toolbox import Toolbox


class Reply:
    """Turns chunks into events. ``images`` are shown with the first words, if there are any."""

    def __init__(
        self,
        *,
        box: Toolbox,
        citer: Citer,
        images: tuple[Made, ...],
        mint: Callable[[str], str],
        parallel: bool,
    ) -> None:
        self._box = box
        self._citer = citer
        self._images = images
        self._mint = mint
        self._parallel = parallel
        self._speaking = False
        self._late: list[str] = []
        self._calls: dict[int, ToolCall] = {}
        self.usage: Usage | None = None
        self.reason = "stop"

    @property
    def text(self) -> str:
        """All that the model said."""
        return self._citer.text

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in the order in which they began."""
        return tuple(self._calls.values())

    @property
    def cut(self) -> bool:
        """The model had to stop before it was done."""
        return self.reason in ("length", "content_filter")

    def take(self, chunk: Chunk) -> Iterator[Event]:
        """Take the next chunk."""
        if isinstance(chunk, TextChunk):
            yield from self._hear(chunk.text)
        elif isinstance(chunk, CallChunk):
            yield from self._note(chunk)
        elif isinstance(chunk, EndChunk):
            self.reason, self.usage = chunk.reason, chunk.usage

    def finish(self, usage: Usage) -> Iterator[Event]:
        """The answer is complete; ``usage`` is counted for its last message, or for its calls."""
        if self._late and not self.cut:
            yield from self._say("".join(self._late))
        yield from self._hush(Usage() if self._calls else usage)
        if not self.cut:
            for index, call in enumerate(self.calls):
                yield events.CallReady(index, call)

    def _hear(self, text: str) -> Iterator[Event]:
        # Words after the first call wait: the calls are a step of their own and come first.
        if self._calls:
            self._late.append(text)
        elif text:
            yield from self._say(text)

    def _say(self, text: str) -> Iterator[Event]:
        if not self._speaking:
            self._speaking = True
            yield events.MessageOpened(self._images)
        passed, annotations = self._citer.feed(text)
        if passed or annotations:
            yield events.TextAdded(passed, annotations)

    def _hush(self, usage: Usage) -> Iterator[Event]:
        if not self._speaking:
            return
        self._speaking = False
        passed, annotations = self._citer.end()
        if passed or annotations:
            yield events.TextAdded(passed, annotations)
        noted = tuple(self._citer.annotations)
        yield events.MessageClosed(self._citer.text, noted, self._images, usage, self.cut)
        self._images = ()

    def _note(self, chunk: CallChunk) -> Iterator[Event]:
        if chunk.index not in self._calls:
            if self._calls and not self._parallel:
                return
            yield from self._hush(Usage())
            yield from self._open(chunk)
        index = list(self._calls).index(chunk.index)
        if chunk.arguments:
            call = self._calls[chunk.index]
            call = replace(call, arguments=call.arguments + chunk.arguments)
            self._calls[chunk.index] = call
            yield events.CallGrew(index, call, chunk.arguments)

    def _open(self, chunk: CallChunk) -> Iterator[Event]:
        if not self._calls:
            yield events.GroupOpened()
        name = chunk.name or ""
        # Some model servers count their call IDs from 0 in every answer; ours are unique.
        call = ToolCall(self._mint("call_"), self._box.kind_of(name), name)
        self._calls[chunk.index] = call
        yield events.CallOpened(len(self._calls) - 1, call)
