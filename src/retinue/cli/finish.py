"""How an apply or destroy is reported while it runs and when it ends, and its exit code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from retinue.cli.approval import Gate
from retinue.cli.running import run_stoppable
from retinue.cli.show import Form, show_plan
from retinue.errors import ApplyIncomplete, Interrupted, PlanStale, RetinueError

if TYPE_CHECKING:
    from retinue.engine.ports import Reporter, Stop
    from retinue.operations.applying import Applied

Work: TypeAlias = "Callable[[Stop, Reporter], Awaitable[Applied]]"


def carry_out(gate: Gate, work: Work) -> int:
    """Run ``work`` under signals, report it, and return the exit code.

    Raises:
        RetinueError: what stopped it before anything was changed; with ``--json`` it has been told
            as an event as well.
    """
    return _as_json(gate, work) if gate.as_json else _as_text(gate, work)


def _as_text(gate: Gate, work: Work) -> int:
    from retinue.render.outcome import outcome_text
    from retinue.render.progress import TextReporter

    terminal = gate.terminal
    report = TextReporter(terminal.note, terminal.style)
    applied = run_stoppable(lambda stop: work(stop, report), terminal.note)
    plan, outcome = applied.planned.plan, applied.outcome
    if outcome is not None:
        terminal.say(outcome_text(outcome, terminal.style, plan=plan))
    elif plan.empty:
        show_plan(terminal, applied.planned, Form.TEXT, full_text=False)
    return _exit_code(applied)


def _as_json(gate: Gate, work: Work) -> int:
    from retinue import __version__
    from retinue.render.json_lines import JsonReporter

    terminal = gate.terminal
    report = JsonReporter(terminal.say, version=__version__)
    try:
        applied = run_stoppable(lambda stop: work(stop, report), terminal.note)
    except RetinueError as error:
        report.error(error)
        raise
    if applied.outcome is None:
        report.plan(applied.planned.plan, applied.planned.verdict)
    else:
        report.outcome(applied.outcome, applied.planned.plan)
    return _exit_code(applied)


def _exit_code(applied: Applied) -> int:
    outcome = applied.outcome
    if outcome is None:
        return 0 if applied.planned.plan.empty else RetinueError.exit_code  # not approved
    if outcome.interrupted:
        return Interrupted.exit_code
    if outcome.complete:
        return 0
    stale = all(isinstance(failure.error, PlanStale) for failure in outcome.failed)
    return PlanStale.exit_code if stale and not outcome.done else ApplyIncomplete.exit_code
