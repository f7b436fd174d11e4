"""The plan as Markdown, for pull-request comments and step summaries. Pure.

Written for GitHub: ``diff`` fences with the symbol in the first column, collapsed parts, and a
hidden marker that says which plan this is. A comment has a limit; it is cut between objects, never
inside one. Nothing that a manifest or the platform says can leave its fence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from retinue.address import Address
from retinue.engine.plan import Plan
from retinue.engine.safety import Verdict
from retinue.render import drift
from retinue.render.escape import clipped, counted, paragraph, visible
from retinue.render.forms import View
from retinue.render.lines import Block, Pieces, for_fence
from retinue.render.objects import block_of, view_of
from retinue.render.sentences import comments, conclusion

LIMIT = 60_000
"""Characters; GitHub refuses a comment of more than 65,536."""

OPEN_LINES = 20
"""A plan of up to so many lines is shown unfolded."""

_MORE = "… {}, see the artefact"
_TOO_LONG = ("(too long to be shown here, see the artefact)",)
_MISFITS = 20
"""Objects that did not fit, after which only headings are tried."""

_NAMED = 20
_SENTENCE = 600
_TICKS = re.compile(r"`+")


def plan_markdown(plan: Plan, verdict: Verdict, *, limit: int = LIMIT) -> str:
    """The preview as one comment of at most ``limit`` characters, ending in a newline."""
    view = view_of(plan)
    page = _Page(limit)
    page.add(marker(plan))
    page.add(f"### Retinue plan: {inline(plan.project)} / {inline(plan.stack)}")
    page.add(f"**{conclusion(plan)}**")
    page.add(_deletions(plan))
    page.add("" if verdict.safe else "**UNSAFE: apply would refuse this plan**")
    page.add(_refusals(verdict))
    page.add(_fenced_notes("Notes", plan.notes))
    page.add(_selection(plan))
    page.fold("Objects have changed outside of Retinue", _drifted(view, plan), share=0.3)
    page.fold("Show the changes", _changes(view, plan))
    return page.text()


def marker(plan: Plan) -> str:
    """The hidden line by which a comment is found again and an approval is checked."""
    data = {
        "project": plan.project,
        "stack": plan.stack,
        "digest": plan.digest,
        "serial": plan.serial,
    }
    text = (
        json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("--", "-\\u002d")
    )
    return f"<!-- retinue: {text} -->"


@dataclass(frozen=True, slots=True)
class Draft:
    """A block yet to be made: of a very long plan, most never are."""

    heading: Callable[[], tuple[Pieces, ...]]
    whole: Callable[[], Block]


def _changes(view: View, plan: Plan) -> list[Draft]:
    return [
        Draft(partial(comments, change), partial(block_of, view, change)) for change in plan.pending
    ]


def _drifted(view: View, plan: Plan) -> list[Draft]:
    return [
        Draft(partial(drift.heading, item), partial(drift.drift_block, view, item))
        for item in plan.drift
    ]


@dataclass(slots=True)
class _Page:
    """Collects parts up to a limit."""

    limit: int
    parts: list[str] = field(default_factory=list)
    used: int = 0

    @property
    def room(self) -> int:
        return self.limit - self.used

    def add(self, part: str) -> None:
        """Add a part if there is room for it."""
        if part and len(part) + 2 <= self.room:
            self.parts.append(part)
            self.used += len(part) + 2

    def fold(self, title: str, drafts: Sequence[Draft], share: float = 1.0) -> None:
        """Add a collapsible part with as many objects as fit into ``share`` of the room left."""
        if drafts:
            self.add(folded(title, drafts, int(self.room * share) - 2))

    def text(self) -> str:
        return "\n\n".join(self.parts) + "\n" if self.parts else ""


def folded(title: str, drafts: Sequence[Draft], room: int) -> str:
    """A ``<details>`` with objects: whole, by their heading where too long, or only counted."""
    shown, left_out = _fitting(drafts, room - len(_details(title, _MORE, unfolded=True)) - 40)
    body = [fence("\n\n".join(shown), "diff")] if shown else []
    if left_out:
        body.append(_MORE.format(counted(left_out, "more object")))
    lines = sum(text.count("\n") + 1 for text in shown)
    return _details(title, "\n\n".join(body), unfolded=lines <= OPEN_LINES)


def _fitting(drafts: Sequence[Draft], room: int) -> tuple[list[str], int]:
    """The texts that fit into ``room``, and how many objects are not among them."""
    shown: list[str] = []
    ticks = misfits = 0
    for number, draft in enumerate(drafts):
        whole = "" if misfits > _MISFITS else for_fence(draft.whole())
        heading = for_fence(Block((*draft.heading(), _TOO_LONG), ()))
        for text in filter(None, (whole, heading)):
            needed = max(ticks, _longest_ticks(text))
            cost = len(text) + 2 + 2 * (needed - ticks)
            if cost <= room:
                room, ticks = room - cost, needed
                shown.append(text)
                break
        else:
            return shown, len(drafts) - number
        misfits += text is heading
    return shown, 0


def _details(title: str, body: str, *, unfolded: bool) -> str:
    opening = "<details open>" if unfolded else "<details>"
    return f"{opening}<summary>{title}</summary>\n\n{body}\n\n</details>"


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def fence(text: str, language: str) -> str:
    """A fence that nothing inside of ``text`` can close."""
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def inline(text: str) -> str:
    """A code span around any text: it mentions nobody and links nowhere."""
    shown = visible(text)
    ticks = "`" * (_longest_ticks(shown) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def _names(addresses: Iterable[Address]) -> str:
    names = [inline(str(address)) for address in addresses]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _deletions(plan: Plan) -> str:
    gone = [change.address for change in plan.pending if change.destroys]
    if not gone:
        return ""
    destroyed = f"This plan destroys {counted(len(gone), 'object')}"
    return f"> [!CAUTION]\n> **{destroyed}:** {_names(gone)}"


def _refusals(verdict: Verdict) -> str:
    lines = [
        f"- {_sentence(refusal.message)}\n  hint: {_sentence(refusal.hint)}\n  [{refusal.code}]"
        for refusal in verdict.refusals
    ]
    return fence_text(lines) if lines else ""


def _sentence(text: str) -> str:
    return clipped(paragraph(text), _SENTENCE)


def fence_text(lines: Sequence[str]) -> str:
    """Plain lines in a fence."""
    return fence("\n".join(lines), "text")


def _fenced_notes(title: str, notes: Sequence[str]) -> str:
    lines = [_sentence(note) for note in notes[:_NAMED]]
    if len(notes) > _NAMED:
        lines.append(f"… {len(notes) - _NAMED} more")
    return f"**{title}**\n\n{fence_text(lines)}" if lines else ""


def _selection(plan: Plan) -> str:
    lines = [f"{address}: {reason}" for address, reason in sorted(plan.selection.items())]
    return _fenced_notes("This plan covers only a part of the manifests", lines)
