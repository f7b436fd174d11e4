"""What an apply did: figures of what was done, and what is left and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from retinue.address import Address
from retinue.engine.apply import Outcome
from retinue.engine.plan import Action, Counts, Plan, Reason
from retinue.engine.steps import Phase
from retinue.render.escape import counted, paragraph, visible
from retinue.render.failures import code_of, hint_of, message_of
from retinue.render.sentences import done
from retinue.render.style import Style, Tone
from retinue.render.verbs import verb

SHOWN = 50
"""Rows of one kind in the table; each was reported when it happened. Failures are never cut."""

NEXT = "What was done is saved. Run retinue apply again: it continues where this one stopped."


def counts_of(outcome: Outcome, plan: Plan | None = None) -> Counts:
    """Count what was done. ``plan`` tells which adopted and moved objects were changed as well."""
    n = Counter((step.phase, action) for step, action in outcome.done)
    updated = n[Phase.WRITE, Action.UPDATE] + _changed_on_the_way(outcome, plan)
    return Counts(
        add=n[Phase.WRITE, Action.CREATE] + n[Phase.WRITE, Action.REPLACE],
        change=updated,
        destroy=sum(count for (phase, _), count in n.items() if phase is Phase.DESTROY),
        adopt=n[Phase.WRITE, Action.ADOPT],
        move=n[Phase.WRITE, Action.MOVE],
        forget=n[Phase.WRITE, Action.FORGET],
    )


def _changed_on_the_way(outcome: Outcome, plan: Plan | None) -> int:
    kinds = (Action.ADOPT, Action.MOVE)
    changed = {c.address for c in plan.pending if c.alters} if plan is not None else set()
    return sum(action in kinds and step.address in changed for step, action in outcome.done)


def headline(outcome: Outcome, plan: Plan | None = None) -> str:
    """The sentence ``Apply complete! Resources: 2 added, 1 changed, 0 destroyed.``, or its like."""
    figures = done(counts_of(outcome, plan))
    work = "Destroy" if plan is not None and _destroys(plan) else "Apply"
    if outcome.complete:
        return f"{work} complete! {figures}."
    word = "interrupted" if outcome.interrupted else "incomplete"
    rest = [f"{len(outcome.failed)} failed"] if outcome.failed else []
    rest += [f"{len(outcome.skipped)} skipped"] if outcome.skipped else []
    return f"{work} {word}! {figures}; {', '.join(rest)}."


def _destroys(plan: Plan) -> bool:
    return all(change.reason is Reason.DESTROY for change in plan.pending)


def outcome_text(outcome: Outcome, style: Style, *, plan: Plan | None = None) -> str:
    """The closing words of an apply, ending in a newline."""
    good = Tone.GOOD if outcome.complete else Tone.ALARM
    title = style.paint(headline(outcome, plan), good)
    if outcome.complete:
        return f"{title}\n"
    tables = [*_done(outcome, style), *_failed(outcome, style), *_skipped(outcome, style)]
    return "\n\n".join([*tables, title, NEXT]) + "\n"


def _done(outcome: Outcome, style: Style) -> Iterator[str]:
    rows = [(_shown(step.address), verb(action, step.phase).did) for step, action in outcome.done]
    if rows:
        yield _table(style.paint("Done:", Tone.GOOD), rows)


def _failed(outcome: Outcome, style: Style) -> Iterator[str]:
    if not outcome.failed:
        return
    rows = [style.paint("Failed:", Tone.ALARM)]
    for failure in outcome.failed:
        address = str(failure.step.address)
        reason = _indented(message_of(failure.error, about=address))
        rows.append(f"  {style.paint(visible(address), Tone.BOLD)}: {reason}")
        hint = hint_of(failure.error)
        if hint:
            rows.append(f"    hint: {_indented(hint)}")
        rows.append(style.paint(f"    [{visible(code_of(failure.error))}]", Tone.DIM))
    yield "\n".join(rows)


def _indented(text: str) -> str:
    return paragraph(text).replace("\n", "\n    ")


def _skipped(outcome: Outcome, style: Style) -> Iterator[str]:
    rows = [
        (_shown(step.address), "stopped" if waited is None else f"because of {_shown(waited)}")
        for step, waited in outcome.skipped
    ]
    if rows:
        yield _table(style.paint("Skipped:", Tone.CAUTION), rows)


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    rows = list(rows)
    width = max(len(left) for left, _ in rows[:SHOWN])
    lines = [f"  {left:<{width}}  {right}" for left, right in rows[:SHOWN]]
    if len(rows) > SHOWN:
        lines.append(f"  … {counted(len(rows) - SHOWN, 'more', 'more')}")
    return "\n".join([title, *lines])


def _shown(address: Address) -> str:
    return visible(str(address))
