"""How an apply or destroy is reported while it runs and when it ends, and its exit code."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from retinue.cli.approval import Gate
from retinue.cli.failing import named, show_traceback
from retinue.cli.running import run_stoppable
from retinue.cli.show import Form, show_plan
from retinue.cli.terminal import Terminal
from retinue.errors import (
    ApplyIncomplete,
    Interrupted,
    ManifestError,
    PlanStale,
    RetinueError,
)

if TYPE_CHECKING:
    from retinue.engine.ports import Reporter, Stop
    from retinue.operations.applying import Applied
    from retinue.render.json_lines import JsonReporter

Work: TypeAlias = "Callable[[Stop, Reporter, Gate], Awaitable[Applied]]"


def carry_out(gate: Gate, work: Work) -> int:
    """Run ``work`` under signals, report it, and return the exit code.

    Raises:
        RetinueError: what stopped it before anything was changed; with ``--json`` it has been told
            as an event as well.
    """
    return _as_json(gate, work) if gate.as_json else _as_text(gate, work)


def _events(terminal: Terminal) -> JsonReporter:
    """The writer of JSON lines on stdout."""
    from retinue import __version__
    from retinue.render.json_lines import JsonReporter

    return JsonReporter(terminal.say, version=__version__)


@contextlib.contextmanager
def opening(gate: Gate) -> Iterator[None]:
    """Around what comes before the work: with ``--json`` its errors are events, too."""
    try:
        with named():
            yield
    except RetinueError as error:
        if gate.as_json:
            _tell(_events(gate.terminal), error)
        raise


def _tell(report: JsonReporter, error: RetinueError) -> None:
    if isinstance(error, ManifestError):
        report.problems(error.problems)
    else:
        report.error(error)


def _as_text(gate: Gate, work: Work) -> int:
    from retinue.render.outcome import outcome_text
    from retinue.render.progress import TextReporter

    terminal = gate.terminal
    report = TextReporter(terminal.note, terminal.log_style)
    applied = run_stoppable(lambda stop: work(stop, report, gate), terminal.note)
    plan, outcome = applied.planned.plan, applied.outcome
    if outcome is not None:
        terminal.say(outcome_text(outcome, terminal.style, plan=plan))
    elif plan.empty and gate.nothing and not plan.notes:
        terminal.say(gate.nothing)
    elif plan.empty:
        show_plan(terminal, applied.planned, Form.TEXT, full_text=False)
    return _exit_code(applied)


def _as_json(gate: Gate, work: Work) -> int:
    terminal = gate.terminal
    report = _events(terminal)
    gate = replace(gate, preview=lambda planned: report.plan(planned.plan, planned.verdict))
    try:
        with named():
            applied = run_stoppable(lambda stop: work(stop, report, gate), terminal.note)
    except RetinueError as error:
        _tell(report, error)
        raise
    if applied.outcome is not None:
        report.outcome(applied.outcome, applied.planned.plan)
    elif applied.planned.plan.empty:
        report.plan(applied.planned.plan, applied.planned.verdict)
    return _exit_code(applied)


def _exit_code(applied: Applied) -> int:
    outcome = applied.outcome
    for failure in outcome.failed if outcome is not None else ():
        show_traceback(failure.error)
    if outcome is None:
        return 0 if applied.planned.plan.empty else RetinueError.exit_code  # not approved
    if outcome.interrupted:
        return Interrupted.exit_code
    if outcome.complete:
        return 0
    stale = all(isinstance(failure.error, PlanStale) for failure in outcome.failed)
    return PlanStale.exit_code if stale and not outcome.done else ApplyIncomplete.exit_code
