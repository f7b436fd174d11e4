"""The plan as text for a terminal, in the grammar that users of Terraform know. Pure.

Reads nothing but the plan and the verdict, so that it can't say anything that apply does not do.
"""

from __future__ import annotations

from collections.abc import Iterator

from retinue.engine.plan import Plan
from retinue.engine.safety import Verdict
from retinue.render import drift
from retinue.render.escape import paragraph, visible
from retinue.render.forms import View
from retinue.render.lines import LEGEND, TONES, for_terminal
from retinue.render.objects import block_of, view_of
from retinue.render.sentences import SIGNS, conclusion, summary
from retinue.render.style import Style, Tone


def plan_text(plan: Plan, verdict: Verdict, style: Style, *, full_text: bool = False) -> str:
    """The whole preview, ending in a newline. ``full_text``: no hunks, no previews, all of it."""
    view = view_of(plan, full_text=full_text)
    parts = [
        *_notes(plan, style),
        *_drift(plan, view, style),
        *_selection(plan, style),
        *_actions(plan, view, style),
        *_refusals(verdict, style),
        style.paint(conclusion(plan), Tone.BOLD),
    ]
    return "\n\n".join(parts) + "\n"


def approved_text(plan: Plan, verdict: Verdict, style: Style) -> str:
    """What stands for a plan that was shown and approved before: its digest and its figures."""
    figures = summary(plan.counts()).removeprefix("Plan: ")
    first = style.paint(f"Saved plan {plan.digest[:12]}: {figures}", Tone.BOLD)
    return "\n\n".join([first, *_refusals(verdict, style)]) + "\n"


def drift_text(plan: Plan, style: Style) -> str:
    """Only what somebody changed behind our back; empty without any."""
    view = view_of(plan, full_text=False)
    parts = list(_drift(plan, view, style))[:-1]
    return "\n\n".join(parts) + "\n" if parts else ""


def _notes(plan: Plan, style: Style) -> Iterator[str]:
    if plan.notes:
        note = style.paint("Note:", Tone.CAUTION)
        yield "\n".join(f"{note} {paragraph(text)}" for text in plan.notes)


def _drift(plan: Plan, view: View, style: Style) -> Iterator[str]:
    if plan.drift:
        yield style.paint(drift.TITLE, Tone.CAUTION)
        yield from (for_terminal(drift.drift_block(view, item), style) for item in plan.drift)
        yield drift.EXPLANATION
        yield style.rule()


def _selection(plan: Plan, style: Style) -> Iterator[str]:
    if plan.selection:
        title = style.paint("This plan covers only a part of the manifests:", Tone.CAUTION)
        reasons = sorted(plan.selection.items())
        lines = [f"  {visible(address)}: {visible(reason)}" for address, reason in reasons]
        yield "\n".join([title, *lines])


def _actions(plan: Plan, view: View, style: Style) -> Iterator[str]:
    if plan.empty:
        return
    yield _legend(plan, style)
    yield style.paint("Retinue will perform the following actions:", Tone.BOLD)
    yield from (for_terminal(block_of(view, change), style) for change in plan.pending)


def _legend(plan: Plan, style: Style) -> str:
    """Only the symbols that occur."""
    used = {SIGNS[change.action] for change in plan.pending}
    rows = [
        f"{style.paint(f'{sign.value:>3}', TONES[sign])} {meaning}"
        for sign, meaning in LEGEND.items()
        if sign in used
    ]
    return "\n".join(["Actions are indicated with the following symbols:", *rows])


def _refusals(verdict: Verdict, style: Style) -> Iterator[str]:
    for refusal in verdict.refusals:
        mark = style.paint("UNSAFE", Tone.ALARM)
        rows = [f"{mark} apply would refuse: {paragraph(refusal.message)}"]
        rows.append(f"  hint: {paragraph(refusal.hint)}")
        rows.append(style.paint(f"  [{visible(refusal.code)}]", Tone.DIM))
        yield "\n".join(rows)
