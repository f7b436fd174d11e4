"""``retinue apply``: plan, ask, carry out; or carry out a saved plan."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.approval import EVERYTHING, Gate, parse_approval
from retinue.cli.finish import carry_out
from retinue.cli.options import (
    Chosen,
    open_wanted,
    parallelism_option,
    plan_options,
    project_options,
    selection_options,
)
from retinue.cli.terminal import Terminal
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.engine.ports import Reporter, Stop
    from retinue.operations.applying import Applied

_DIGEST = re.compile(r"^[0-9a-f]{12,64}$")


@click.command("apply")
@click.argument("plan_file", metavar="[PLANFILE]", required=False, type=click.Path(path_type=Path))
@project_options
@selection_options
@parallelism_option
@click.option(
    "--auto-approve", metavar="[WHAT]", is_flag=False, flag_value=EVERYTHING, default=None,
    help="Don't ask. --auto-approve=create,update still refuses to delete.",
)  # fmt: skip
@click.option("--approved", metavar="DIGEST", help="Apply only the plan with this digest.")
@click.option("--force", is_flag=True, help="Lift the limits on shares of deletions and updates.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON lines.")
@click.option("--full-text", is_flag=True, help="Print long texts whole, not only their hunks.")
def command(
    *,
    chosen: Chosen,
    plan_file: Path | None,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    parallelism: int | None,
    auto_approve: str | None,
    approved: str | None,
    force: bool,
    as_json: bool,
    full_text: bool,
) -> int:
    """Make the platform match the manifests, or apply PLANFILE exactly as it was saved.

    Safe to stop and to start again at any moment: the next apply finishes what this one began.
    """
    terminal = Terminal.current()
    granted = parse_approval(auto_approve)
    digest = _digest(approved)
    if plan_file is not None or digest is not None:
        granted = parse_approval(EVERYTHING)
    gate = Gate(terminal, granted, as_json=as_json, full_text=full_text, digest=digest)
    if plan_file is not None:
        if targets or excludes:
            raise UsageError("a plan file is applied whole: no --target, no --exclude")
        plan_file = plan_file.absolute()
        return _apply_file(chosen, plan_file, gate, parallelism, force=force)
    return _apply(chosen, (targets, excludes), gate, parallelism, force=force)


def _digest(text: str | None) -> str | None:
    if text is not None and not _DIGEST.match(text):
        raise UsageError(
            f"--approved {text}: not a digest",
            hint="take it from `retinue plan --json` or from the plan's comment",
        )
    return text


def _apply(
    chosen: Chosen,
    patterns: tuple[tuple[str, ...], tuple[str, ...]],
    gate: Gate,
    parallelism: int | None,
    *,
    force: bool,
) -> int:
    from retinue.operations.applying import Run, apply

    opened = open_wanted(chosen)
    options = plan_options(*patterns, forced=force)
    at_once = parallelism or opened.project.parallelism

    async def work(stop: Stop, report: Reporter) -> Applied:
        return await apply(opened.project, opened.want, options, gate, Run(at_once, report, stop))

    return carry_out(gate, work)


def _apply_file(
    chosen: Chosen, path: Path, gate: Gate, parallelism: int | None, *, force: bool
) -> int:
    from retinue.operations.applying import Run, apply_saved
    from retinue.operations.saved import load_plan

    project = chosen.project()
    plan = load_plan(path, project.root)
    at_once = parallelism or project.parallelism

    async def work(stop: Stop, report: Reporter) -> Applied:
        return await apply_saved(project, plan, gate, Run(at_once, report, stop), forced=force)

    return carry_out(gate, work)
