"""An answer in words: its steps, its footnotes and how it ended. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from retinue.render.escape import clipped, counted, paragraph, visible
from retinue.render.style import Style, Tone
from retinue.talk.answers import Answer
from retinue.talk.events import Approval, FunctionCall, Source, StepDone, StepStarted

_JOINERS = "\u200c\u200d"
_FIRST_JOINED = "\u0300"
"""Before it are no characters that a joiner joins."""

_LONGEST = 2_000
_PASSAGE = 160
_VERBS = {"code_interpreter": "runs code", "file_search": "searches files"}


class Flow:
    """Makes text safe to show that comes in pieces. A joiner is shown for what stands on both of
    its sides, so that one at the end of a piece waits for the next."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def add(self, piece: str) -> str:
        """What can be shown of all that has come."""
        text = self._held + piece
        told = text.rstrip(_JOINERS)
        self._held = text[len(told) :]
        return self._shown(told)

    def end(self) -> str:
        """What was held back: nothing follows."""
        held, self._held = self._held, ""
        shown = self._shown(held)
        self._before = ""
        return shown

    def _shown(self, text: str) -> str:
        before = paragraph(self._before)
        shown = paragraph(self._before + text).removeprefix(before)
        if text:
            self._before = text[-1] if text[-1] >= _FIRST_JOINED else ""
        return shown


def started_text(step: StepStarted, style: Style) -> str:
    """The line when a tool begins."""
    doing = _VERBS.get(step.kind) or f"calls {visible(step.name)}"
    return style.paint(f"> {doing}", Tone.CYAN)


def done_text(step: StepDone, style: Style) -> str:
    """What a tool was given and what it gave."""
    return "\n".join(_done(step, style))


def _done(step: StepDone, style: Style) -> Iterator[str]:
    if step.kind == "file_search":
        yield f"  found {counted(len(step.found), 'passage')}"
        for hit in step.found:
            text = clipped(" ".join(step_text.split()), _PASSAGE) if (step_text := hit.text) else ""
            where = visible(source_text(hit.source))
            yield style.paint(f"  {hit.score:.2f}  {where}  {visible(text)}".rstrip(), Tone.DIM)
    else:
        yield from _indented(step.input, "  | ")
        yield from _indented(step.output, "  = ")
    if step.error:
        yield style.paint(f"  failed: {paragraph(step.error)}", Tone.RED)


def _indented(text: str, sign: str) -> Iterator[str]:
    shown = paragraph(clipped(text.rstrip("\n"), _LONGEST))
    for line in shown.split("\n") if shown else ():
        yield f"{sign}{line}"


def call_text(call: FunctionCall, style: Style) -> str:
    """A function call as a person reads it before it is answered."""
    return _wanted(f"The assistant calls {visible(call.name)} with", call.arguments, style)


def approval_text(wanted: Approval, style: Style) -> str:
    """A tool of an MCP server as a person reads it before it may be used."""
    tool = f"{visible(wanted.name)} of the MCP server {visible(wanted.server)}"
    return _wanted(f"The assistant wants to use {tool} with", wanted.arguments, style)


def _wanted(heading: str, written: str, style: Style) -> str:
    try:
        arguments = json.dumps(json.loads(written or "{}"), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        arguments = written
    return "\n".join([style.paint(heading, Tone.BOLD), *_indented(arguments, "  | ")])


def footnotes_text(sources: Sequence[Source], style: Style) -> str:
    """``[1] paper.pdf (file.paper)``, a line each."""
    lines = (
        f"[{number}] {visible(source_text(source))}" for number, source in enumerate(sources, 1)
    )
    return "\n".join(style.paint(line, Tone.DIM) for line in lines)


def source_text(source: Source) -> str:
    """A file by its name, and its address where it is one of the project's; a page by its title."""
    where = source.address or (source.url if source.url != source.name else None)
    return f"{source.name} ({where})" if where else source.name


def ending_text(answer: Answer, word: str, style: Style) -> str:
    """Tokens, time, and how the conversation, which its target calls ``word``, goes on."""
    figures = [f"{answer.seconds:.1f} s"]
    if answer.usage is not None:
        figures.insert(0, counted(answer.usage.total, "token"))
    line = f"{', '.join(figures)}; {word} {visible(answer.thread or '?')}"
    return style.paint(line, Tone.DIM)
