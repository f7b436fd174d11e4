"""Text as it comes, told once: what a stream has said of a message is not said again when the whole
message arrives, and marks of citations stand where the platform wants them.
"""

from __future__ import annotations

from collections.abc import Iterator

from retinue.talk.events import Citation, Source, TextDelta


class Passage:
    """One text of an answer. ``marks``: whether citations are to be seen in it. Then the newest
    piece is held back until it is known what follows, for the citations in it come after it."""

    def __init__(self, *, marks: bool) -> None:
        self._marks = marks
        self._told = 0
        self._held = ""
        self._notes: list[tuple[int, Source]] = []
        self._known: set[tuple[int, str]] = set()

    def add(self, text: str) -> Iterator[Citation | TextDelta]:
        """More text."""
        yield from self.flush()
        self._held = text
        if not self._marks:
            yield from self.flush()

    def cite(self, place: int, source: Source) -> None:
        """``source`` is cited at ``place``, in characters from the beginning; -1 is nowhere."""
        if (place, source.key) not in self._known:
            self._known.add((place, source.key))
            self._notes.append((place, source))

    def whole(self, text: str) -> Iterator[Citation | TextDelta]:
        """All of the text, of which some has been told."""
        self._held = text[self._told :]
        yield from self.flush()

    def flush(self) -> Iterator[Citation | TextDelta]:
        """Tell what was held back."""
        notes, self._notes = sorted(self._notes, key=lambda note: note[0]), []
        for place, source in notes:
            inside = self._told <= place <= self._told + len(self._held)
            if self._marks and inside:
                yield from self._tell(place - self._told)
                mark = f"【{source.key}】"
                yield Citation(mark, source)
                yield TextDelta(mark)
            else:
                yield Citation("", source)
        yield from self._tell(len(self._held))

    def _tell(self, length: int) -> Iterator[TextDelta]:
        text, self._held = self._held[:length], self._held[length:]
        self._told += len(text)
        if text:
            yield TextDelta(text)
