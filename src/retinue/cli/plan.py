"""``retinue plan``: show, change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.failing import failing
from retinue.cli.options import (
    Chosen,
    Opened,
    open_wanted,
    parallelism_option,
    plan_options,
    project_options,
    selection_options,
)
from retinue.cli.running import run_async
from retinue.cli.show import Form, show_plan
from retinue.cli.terminal import Terminal

if TYPE_CHECKING:
    from retinue.engine.ports import Reporter
    from retinue.operations.planning import Planned, PlanOptions


@click.command("plan")
@project_options
@selection_options
@parallelism_option
@click.option("--destroy", is_flag=True, help="Plan to delete everything.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--markdown", is_flag=True, help="Print Markdown, e.g. for a pull request.")
@click.option("--full-text", is_flag=True, help="Print long texts whole, not only their hunks.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
def command(
    *,
    chosen: Chosen,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    parallelism: int | None,
    destroy: bool,
    as_json: bool,
    markdown: bool,
    full_text: bool,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Compare the manifests with what was applied and with what is live.

    Never takes the lock, and changes neither the platform nor the state.
    """
    options = plan_options(targets, excludes, destroy=destroy, preview=out is None)
    terminal = Terminal.current()
    with failing(terminal, as_json=as_json):
        opened = open_wanted(chosen)
        planned = run_async(plan_only(opened, options, parallelism, terminal.watcher()))
        if out is not None:
            from retinue.operations.saved import save_plan

            save_plan(planned, out)
    if not as_json and opened.manifest.warnings:
        terminal.problems(opened.manifest.warnings)
    show_plan(terminal, planned, Form.of(as_json=as_json, markdown=markdown), full_text=full_text)
    if out is not None:
        terminal.note(f"Saved to {out}; apply exactly this with: retinue apply {out}")
    return 2 if detailed_exitcode and not planned.plan.empty else 0


async def plan_only(
    opened: Opened, options: PlanOptions, parallelism: int | None, report: Reporter
) -> Planned:
    """Open the stack, plan, close it; ``report`` is told of progress."""
    from retinue.operations.planning import make_plan
    from retinue.operations.session import open_session, state_of

    project = opened.project
    snapshot = state_of(project).read()
    async with open_session(project, parallelism=parallelism or project.parallelism) as session:
        return await make_plan(session, snapshot, opened.want, options, report)
