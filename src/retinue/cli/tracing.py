"""``--trace``, and commands whose work is traced. Nothing of it is imported while it is off."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from retinue.cli.terminal import Terminal

if TYPE_CHECKING:
    from retinue.cli.approval import Gate
    from retinue.engine.ports import Reporter, Stop
    from retinue.operations.applying import Applied, Run
    from retinue.project import Project
    from retinue.talk.tracing import Tracer

Command = TypeVar("Command", bound=Callable[..., Any])


def trace_option(command: Command) -> Command:
    """Add ``--trace``."""
    return click.option(
        "--trace", is_flag=True, is_eager=True,
        help="Send traces by OTLP, or to where `tracing:` in retinue.yaml says.",
    )(command)  # fmt: skip


@contextlib.contextmanager
def tracing(project: Project, command: str, terminal: Terminal, *, asked: bool) -> Iterator[Tracer]:
    """Trace ``command``, where the project or ``--trace`` wants it.

    Raises:
        UsageError: it can't be traced: something is not installed, or a key is missing.
    """
    from retinue.talk.tracing import OFF

    settings = project.tracing
    if asked and not settings.on:
        settings = replace(settings, otlp=True)
    if not settings.on:
        yield OFF
        return
    from retinue.talk.telemetry import traced

    name = "default.session" if settings.agentops else f"retinue {command}"
    attributes = {
        "retinue.command": command,
        "retinue.project": project.name,
        "retinue.stack": project.stack,
    }
    environ = project.environ
    with traced(settings, name, attributes, environ=environ, notice=terminal.note) as tracer:
        yield tracer


def carry_out_traced(
    project: Project,
    gate: Gate,
    work: Callable[[Run, Gate], Awaitable[Applied]],
    at_once: int,
    *,
    asked: bool,
) -> int:
    """As `retinue.cli.finish.carry_out`, with a span for the whole, each step and each request."""
    from retinue.cli.finish import carry_out
    from retinue.operations.applying import Run
    from retinue.operations.session import open_session
    from retinue.talk.applying import TracingReporter
    from retinue.talk.tracing import observe

    with tracing(project, "apply", gate.terminal, asked=asked) as tracer:

        async def run(stop: Stop, report: Reporter, gate: Gate) -> Applied:
            connect = partial(open_session, observe=partial(observe, tracer))
            told = TracingReporter(report, tracer)
            return await work(Run(at_once, told, stop, connect=connect), gate)

        code = carry_out(gate, run)
        tracer.conclude(passed=code == 0)
        return code
