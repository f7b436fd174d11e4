"""``retinue drift``: what others changed; read-only by contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from retinue.cli.failing import failing
from retinue.cli.options import (
    Chosen,
    open_wanted,
    parallelism_option,
    plan_options,
    project_options,
)
from retinue.cli.plan import plan_only
from retinue.cli.running import run_async
from retinue.cli.terminal import Terminal
from retinue.engine.safety import ELSEWHERE
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.engine.plan import Plan


@click.command("drift")
@project_options
@parallelism_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(*, chosen: Chosen, parallelism: int | None, as_json: bool) -> int:
    """Compare what was applied with what is live, field by field.

    Exit code 0 without drift, 2 with, 1 on errors. Fields in lifecycle.ignore_changes don't count.
    """
    from retinue.render.drift import drift_json
    from retinue.render.text import drift_text

    terminal = Terminal.current()
    with failing(terminal, as_json=as_json):
        plan = _compared(chosen, parallelism, terminal)
    if as_json:
        terminal.document(drift_json(plan))
    elif plan.drift:
        terminal.say(drift_text(plan, terminal.style))
    else:
        terminal.say("No drift. The platform is as it was last applied.")
    return 2 if plan.drift else 0


def _compared(chosen: Chosen, parallelism: int | None, terminal: Terminal) -> Plan:
    opened = open_wanted(chosen, secrets=False)
    planned = run_async(
        plan_only(opened, plan_options(preview=True), parallelism, terminal.watcher())
    )
    for refusal in planned.verdict.refusals:
        if refusal.code == ELSEWHERE:  # everything would look deleted there
            raise UsageError(refusal.message, hint=refusal.hint)
    return planned.plan
