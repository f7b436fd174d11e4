"""Marks in the model's text and the annotations that they become. Pure.

A passage is offered to the model under a mark such as ``【4:0†paper.pdf】`` and cited by repeating
it. Text is passed on as it comes, only what may become a mark is held back until that is clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from retinue.local.turns.events import Annotation, Citation, FileLink
from retinue.local.turns.items import Hit, Made, ToolCall

_MARK = re.compile(r"【(\d{1,6}):(\d{1,6})†[^【】]{0,200}】")
_LONGEST_MARK = 220
_LINK = re.compile(r"sandbox:/mnt/data/([^\s()\[\]<>\"'`]+)")


def mark(search: int, place: int, filename: str) -> str:
    """The mark of passage ``place`` of search ``search``, both counted from 0."""
    return f"【{search}:{place}†{filename}】"


def passages(calls: Iterable[ToolCall]) -> dict[tuple[int, int], Hit]:
    """All passages of the searches among ``calls`` by the numbers in their marks."""
    searches = [call for call in calls if call.kind == "file_search"]
    return {
        (number, place): hit
        for number, call in enumerate(searches)
        for place, hit in enumerate(call.hits)
    }


class Citer:
    """Follows one message's text and finds the marks in it; without ``marks`` it removes them."""

    def __init__(
        self, sources: dict[tuple[int, int], Hit], files: Sequence[Made], *, marks: bool = True
    ) -> None:
        self._kept = marks
        self._sources = sources
        self._files = {made.name: made for made in files}
        self._held = ""
        self.text = ""
        self.annotations: list[Annotation] = []

    def feed(self, text: str) -> tuple[str, tuple[Annotation, ...]]:
        """Take more text; gives what can be passed on now, with its annotations."""
        self._held += text
        start = self._held.rfind("【")
        unclear = start >= 0 and "】" not in self._held[start:]
        if unclear and len(self._held) - start <= _LONGEST_MARK:
            return self._release(start)
        return self._release(len(self._held))

    def end(self) -> tuple[str, tuple[Annotation, ...]]:
        """What is still to be passed on: held text, and links that end nowhere before."""
        text, found = self._release(len(self._held))
        links = tuple(self._links())
        self.annotations += links
        return text, (*found, *links)

    def _release(self, upto: int) -> tuple[str, tuple[Annotation, ...]]:
        raw, self._held = self._held[:upto], self._held[upto:]
        found: list[Annotation] = []
        text, done = "", 0
        for match in _MARK.finditer(raw):
            hit = self._sources.get((int(match[1]), int(match[2])))
            if hit is None:
                continue
            text += raw[done : match.start()]
            start = len(self.text) + len(text)
            text += match[0] if self._kept else ""
            end = len(self.text) + len(text)
            found.append(Citation(start, end, match[0], hit.file_id, hit.filename))
            done = match.end()
        text += raw[done:]
        self.text += text
        self.annotations += found
        return text, tuple(found)

    def _links(self) -> Iterable[Annotation]:
        for match in _LINK.finditer(self.text):
            made = self._files.get(match[1]) or self._files.get(match[1].rstrip(".,;:!?"))
            if made is not None:
                end = match.start() + len("sandbox:/mnt/data/") + len(made.name)
                text = self.text[match.start() : end]
                yield FileLink(match.start(), end, text, made.file_id, made.name)
