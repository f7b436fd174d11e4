"""The visible text of an HTML page, read once from beginning to end.

Not with the standard library's parser: a page of 64 kB can keep that busy for minutes. Here every
search either moves on or ends the page, so that the time grows with the length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_MARK = re.compile(r"<(?:(!--)|([!?])|(/?)([a-zA-Z][^\s/>]*))")
_REST_OF_TAG = re.compile(r">|=\s*([\"'])")
_RAW = {
    name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "xmp", "iframe")
}
"""Elements whose content is no markup, with what ends them."""

_HIDDEN = frozenset({"script", "style", "iframe", "template", "svg"})
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body br caption dd details dialog div dl dt fieldset"
        " figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main nav"
        " ol option p pre section summary table tbody td tfoot th thead title tr ul",
    )
)
_PARAGRAPHS = frozenset({"p", "pre", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_BREAKS = re.compile(r"\n{3,}")


def visible_text(page: str) -> str:
    """What a reader sees of ``page``: blocks on lines of their own, no scripts, no styles."""
    reader = _Reader()
    for text, closing, tag in _pieces(page):
        reader.add(unescape(text))
        if tag:
            reader.end(tag) if closing else reader.start(tag)
    lines = "".join(reader.pieces).split("\n")
    return _BREAKS.sub("\n\n", "\n".join(line.rstrip(" ") for line in lines)).strip()


def _pieces(page: str) -> Iterator[tuple[str, bool, str]]:
    """Runs of text, each with the tag after it: whether it closes, and its name or ""."""
    at = 0
    while (mark := _MARK.search(page, at)) is not None:
        text = page[at : mark.start()]
        comment, declaration, slash, name = mark.groups()
        tag = (name or "").lower()
        if comment:
            at = _after(page, "-->", mark.end())
        elif declaration:
            at = _after(page, ">", mark.end())
        else:
            at = _after_tag(page, mark.end())
        if tag in _RAW and not slash and at >= 0:
            end = _RAW[tag].search(page, at)
            at = -1 if end is None else end.start()
        empty = at > 0 and tag in _HIDDEN and page.endswith("/>", 0, at)
        yield text, bool(slash), "" if empty else tag
        if at < 0:  # never closed: what follows belongs to it, as in browsers
            return
    yield page[at:], False, ""


def _after(page: str, end: str, at: int) -> int:
    found = page.find(end, at)
    return -1 if found < 0 else found + len(end)


def _after_tag(page: str, at: int) -> int:
    """The place after a tag's ">", which doesn't count within a quoted value; -1 if it has none."""
    while at >= 0 and (found := _REST_OF_TAG.search(page, at)) is not None:
        if found[1] is None:
            return found.end()
        at = _after(page, found[1], found.end())
    return -1


class _Reader:
    """Collects text between tags. Broken pages are read as far as they go."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._hidden: list[str] = []
        self._preformatted = 0

    def start(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag == "pre":
            self._preformatted += 1
        self._break(tag)

    def end(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag == "pre" and self._preformatted:
            self._preformatted -= 1
        self._break(tag)

    def add(self, text: str) -> None:
        if self._hidden:
            return
        if not self._preformatted:
            text = _BLANKS.sub(" ", text)
            if not self.pieces or self.pieces[-1][-1:].isspace():
                text = text.lstrip(" ")
        if text:
            self.pieces.append(text)

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS and not self._hidden:
            self.pieces.append("\n\n" if tag in _PARAGRAPHS else "\n")
