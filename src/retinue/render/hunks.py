"""Long text: unified hunks with the changed words marked; whole texts as a preview. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from retinue.render import words
from retinue.render.escape import clipped, counted, quoted, visible
from retinue.render.lines import Line, Piece, Sign, line
from retinue.render.style import Tone

CONTEXT = 3
"""Unchanged lines shown around a change."""

LONG = 100
"""Characters in a line, from which it is compared word by word instead of being shown twice."""

PREVIEW_LINES = 8
PREVIEW_WIDTH = 300
"""How much of a text that comes or goes as a whole is shown."""

_SEARCHED = 20
_PAIRED = 200
"""How many lines are looked through for the other version of a line, and up to how many changed
lines in a row that is done at all."""

_OPENING, _CLOSING = "<<-EOT", "EOT"
_UNENDED = Piece("\\ no newline at the end", Tone.DIM)

Row = tuple[str | None, str | None]
"""A line before and after, line ends included; None where it did not or will not exist."""


def is_long(text: str) -> bool:
    """Whether a string is shown as text rather than as a value."""
    return "\n" in text or len(text) > LONG


def only_blanks(old: str, new: str) -> bool:
    """Whether two texts differ in nothing but blanks."""
    return "".join(old.split()) == "".join(new.split())


def whole_text(depth: int, sign: Sign, label: str, text: str, *, full: bool) -> list[Line]:
    """A text that comes, goes or stays as a whole: its first lines, unless ``full``."""
    if "\n" not in text:
        return [line(depth, sign, label, quoted(text) if full else _cut_literal(text))]
    rows = [row.removesuffix("\n") for row in split_lines(text)]
    shown = rows if full or len(rows) <= PREVIEW_LINES + 1 else rows[:PREVIEW_LINES]
    body = [line(depth + 1, sign, _plain(row, full=full)) for row in shown]
    if len(shown) < len(rows):
        more = counted(len(rows) - len(shown), "more line")
        body.append(line(depth + 1, Sign.NONE, Piece(f"# ({more})", Tone.DIM)))
    return [line(depth, sign, label, _OPENING), *body, line(depth, Sign.NONE, _CLOSING)]


def _cut_literal(text: str) -> str:
    more = len(text) - PREVIEW_WIDTH
    rest = f" … ({counted(more, 'more character')})" if more > 0 else ""
    return quoted(text[:PREVIEW_WIDTH]) + rest


def _cut(text: str) -> str:
    return clipped(text, PREVIEW_WIDTH)


def _plain(row: str, *, full: bool) -> str:
    text = visible(row.replace("\t", "    "))
    return text if full else _cut(text)


def split_lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends a line, whatever else looks like one."""
    rows = [f"{row}\n" for row in text.split("\n")]
    rows[-1] = rows[-1].removesuffix("\n")
    return rows if rows[-1] else rows[:-1]


def text_change(depth: int, label: str, old: str, new: str, *, full: bool) -> list[Line]:
    """A changed text, as an attribute: one line where that says it all, else hunks in a frame."""
    note = Piece("  # whitespace changes" if only_blanks(old, new) else "", Tone.DIM)
    if "\n" not in old + new:
        spans = words.compare(quoted(old)[1:-1], quoted(new)[1:-1])
        if spans is not None:
            pieces = words.merged(spans, whole=full)
            return [line(depth, Sign.CHANGE, label, '"', *pieces, '"', note)]
    opening = line(depth, Sign.CHANGE, label, _OPENING, note)
    body = hunks(depth + 1, old, new, full=full)
    return [opening, *body, line(depth, Sign.NONE, _CLOSING)]


def hunks(depth: int, old: str, new: str, *, full: bool) -> Iterator[Line]:
    """Unified hunks; everything, without headers, when ``full``."""
    if old and new and not (old.endswith("\n") or new.endswith("\n")):
        # Most prompts end so. It is no news then, and must not make an old last line look changed.
        old, new = f"{old}\n", f"{new}\n"
    before, after = split_lines(old), split_lines(new)
    context = max(len(before), len(after)) if full else CONTEXT
    for group in _groups(before, after, context):
        if not full:
            yield line(depth, Sign.HUNK, Piece(_header(group), Tone.CYAN))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (_context(depth, row, full=full) for row in before[i1:i2])
            else:
                yield from _replaced(depth, before[i1:i2], after[j1:j2], full=full)


Group = list[tuple[str, int, int, int, int]]


def _groups(before: Sequence[str], after: Sequence[str], context: int) -> Iterator[Group]:
    """Grouped edit operations. Equal ends are cut off first: most prompts change in one place."""
    head, tail = words.equal_ends(before, after)
    start = max(0, head - context)
    spare = max(0, tail - context)
    matcher = SequenceMatcher(
        None, before[start : len(before) - spare], after[start : len(after) - spare]
    )
    for group in matcher.get_grouped_opcodes(context):
        yield [(t, a + start, b + start, c + start, d + start) for t, a, b, c, d in group]


def _header(group: Group) -> str:
    old = _range(group[0][1], group[-1][2])
    new = _range(group[0][3], group[-1][4])
    return f"@@ -{old} +{new} @@"


def _range(start: int, stop: int) -> str:
    """A range as diff writes it: counted from 1; an empty one names the line before."""
    length = stop - start
    first = start + 1 if length else start
    return f"{first}" if length == 1 else f"{first},{length}"


def _context(depth: int, row: str, *, full: bool) -> Line:
    sign = Sign.NONE if full else Sign.CONTEXT
    return line(depth, sign, _plain(row.removesuffix("\n"), full=full))


def _replaced(depth: int, old: list[str], new: list[str], *, full: bool) -> Iterator[Line]:
    """Changed lines: those that go before those that come, long pairs on one line."""
    gone: list[Line] = []
    come: list[Line] = []
    for before, after in _aligned(old, new):
        spans = None if before is None or after is None else words.compare(before, after)
        if before and after and spans and _worth_merging(before, after):
            yield from (*gone, *come)
            gone, come = [], []
            yield line(depth, Sign.CHANGE, *words.merged(_bare(spans), whole=full))
            continue
        left, right = _sides(before, after, spans)
        gone.extend(_row(depth, Sign.REMOVE, before, left, after))
        come.extend(_row(depth, Sign.ADD, after, right, before))
    yield from (*gone, *come)


def _worth_merging(before: str, after: str) -> bool:
    both_end_alike = before.endswith("\n") == after.endswith("\n")
    return min(len(before), len(after)) > LONG and both_end_alike and not only_blanks(before, after)


def _bare(spans: list[words.Span]) -> list[words.Span]:
    """Spans without the line end, which is the same on both sides."""
    old, new = spans[-1]
    return [*spans[:-1], words.Span(old.removesuffix("\n"), new.removesuffix("\n"))]


Sides = tuple[tuple[Piece, ...], tuple[Piece, ...]]


def _sides(before: str | None, after: str | None, spans: list[words.Span] | None) -> Sides:
    """The pieces of a line that goes and of the one that comes."""
    if before is not None and after is not None and only_blanks(before, after):
        return (Piece(_blanks(before), Tone.RED),), (Piece(_blanks(after), Tone.GREEN),)
    if spans is not None:
        old, new = words.sides(_untabbed(_bare(spans)))
        return old, new
    return (Piece(_coming(before), Tone.RED),), (Piece(_coming(after), Tone.GREEN),)


def _untabbed(spans: list[words.Span]) -> list[words.Span]:
    return [words.Span(s.old.replace("\t", "    "), s.new.replace("\t", "    ")) for s in spans]


def _coming(row: str | None) -> str:
    return _plain((row or "").removesuffix("\n"), full=True)


def _row(
    depth: int, sign: Sign, row: str | None, pieces: tuple[Piece, ...], other: str | None
) -> Iterator[Line]:
    if row is None:
        return
    yield line(depth, sign, *pieces)
    if not row.endswith("\n") and (other is None or other.endswith("\n")):
        yield line(depth, Sign.NONE, _UNENDED)


def _blanks(row: str) -> str:
    """A line with its blanks made visible, where blanks are all that changed."""
    text = row.removesuffix("\n")
    text = re.sub(r"^ +| +$| {2,}", lambda found: "·" * len(found[0]), text)
    return visible(text.replace("\t", "→   "))


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    """Pair the lines of a replaced part: one by one when there are as many, else by likeness."""
    if len(old) == len(new):
        yield from zip(old, new, strict=True)
        return
    if len(old) + len(new) > _PAIRED:
        yield from ((row, None) for row in old)
        yield from ((None, row) for row in new)
        return
    position = 0
    for row in old:
        found = _alike(row, new[position : position + _SEARCHED])
        if found is None:
            yield row, None
            continue
        yield from ((None, other) for other in new[position : position + found])
        yield row, new[position + found]
        position += found + 1
    yield from ((None, other) for other in new[position:])


def _alike(row: str, candidates: Sequence[str]) -> int | None:
    for number, candidate in enumerate(candidates):
        if row.strip() and words.compare(row, candidate) is not None:
            return number
    return None
