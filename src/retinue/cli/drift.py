"""``retinue drift``: what others changed; read-only by contract."""

from __future__ import annotations

import click

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


@click.command("drift")
@project_options
@parallelism_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(*, chosen: Chosen, parallelism: int | None, as_json: bool) -> int:
    """Compare what was applied with what is live, field by field.

    Exit code 0 without drift, 2 with, 1 on errors. Fields in lifecycle.ignore_changes don't count.
    """
    from retinue.engine.plan_json import plan_to_json
    from retinue.render.text import drift_text

    terminal = Terminal.current()
    opened = open_wanted(chosen, secrets=False)
    planned = run_async(
        plan_only(opened, plan_options(preview=True), parallelism, terminal.watcher())
    )
    for refusal in planned.verdict.refusals:
        if refusal.code == ELSEWHERE:  # everything would look deleted there
            raise UsageError(refusal.message, hint=refusal.hint)
    if as_json:
        document = plan_to_json(planned.plan, planned.verdict)
        keys = ("format_version", "project", "stack", "platform", "resource_drift")
        terminal.document({key: document[key] for key in keys})
    elif planned.plan.drift:
        terminal.say(drift_text(planned.plan, terminal.style))
    else:
        terminal.say("No drift. The platform is as it was last applied.")
    return 2 if planned.plan.drift else 0
