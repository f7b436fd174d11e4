"""``retinue apply``: plan, ask, carry out; or carry out a saved plan."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.approval import EVERYTHING, Approved, Gate, parse_approval
from retinue.cli.finish import opening
from retinue.cli.options import (
    Chosen,
    open_wanted,
    parallelism_option,
    plan_options,
    project_options,
    selection_options,
)
from retinue.cli.terminal import Terminal
from retinue.cli.tracing import carry_out_traced, trace_option
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.operations.applying import Applied, Run

FULL_TEXT = "Print long texts whole, not only their hunks; with PLANFILE, the plan once more."

_DIGEST = re.compile(r"^[0-9a-f]{12,64}$")


@click.command("apply")
@click.argument("plan_file", metavar="[PLANFILE]", required=False, type=click.Path(path_type=Path))
@project_options
@selection_options
@parallelism_option
@trace_option
@click.option(
    "--auto-approve", metavar="[WHAT]", is_flag=False, flag_value=EVERYTHING, default=None,
    help="Don't ask. --auto-approve=create,update still refuses to delete.",
)  # fmt: skip
@click.option(
    "--approved",
    metavar="DIGEST|FILE",
    help="Apply only the plan with this digest, or of this file.",
)
@click.option("--force", is_flag=True, help="Lift the limits on shares of deletions and updates.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON lines.")
@click.option("--full-text", is_flag=True, help=FULL_TEXT)
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
    trace: bool,
) -> int:
    """Make the platform match the manifests, or apply PLANFILE exactly as it was saved.

    Safe to stop and to start again at any moment: the next apply finishes what this one began.
    """
    terminal = Terminal.current()
    if plan_file is None and auto_approve is not None and Path(auto_approve).is_file():
        plan_file = Path(auto_approve)  # `--auto-approve FILE`: the option has taken the argument
        auto_approve = EVERYTHING
    granted = parse_approval(auto_approve)
    if plan_file is not None or approved is not None:
        granted = parse_approval(EVERYTHING)
    seen = plan_file is not None and approved is None
    gate = Gate(terminal, granted, as_json=as_json, full_text=full_text, seen=seen)
    if approved is not None:
        with opening(gate):
            gate = replace(gate, approved=_approved(approved))
    if plan_file is not None:
        if targets or excludes:
            raise UsageError("a plan file is applied whole: no --target, no --exclude")
        return _apply_file(
            chosen, plan_file.absolute(), gate, parallelism, force=force, trace=trace
        )
    return _apply(chosen, (targets, excludes), gate, parallelism, force=force, trace=trace)


def _approved(text: str) -> Approved:
    """The plan with the digest ``text``, or of the file ``text``.

    Raises:
        UsageError: it is neither.
        StateCorrupt, StateForeign: the file holds no plan, or one of a newer Retinue.
    """
    from retinue.operations.saved import load_plan

    if _DIGEST.match(text):
        return Approved(text)
    path = Path(text)
    if not path.exists():
        raise UsageError(
            f"--approved {text}: neither a digest nor a plan file",
            hint="take the digest from `retinue plan --json`, or save a plan: plan --out FILE",
        )
    plan = load_plan(path, Path.cwd())
    return Approved(plan.digest, plan)


def _apply(
    chosen: Chosen,
    patterns: tuple[tuple[str, ...], tuple[str, ...]],
    gate: Gate,
    parallelism: int | None,
    *,
    force: bool,
    trace: bool,
) -> int:
    from retinue.operations.applying import apply

    with opening(gate):
        opened = open_wanted(chosen)
    options = plan_options(*patterns, forced=force)
    at_once = parallelism or opened.project.parallelism

    async def work(run: Run, gate: Gate) -> Applied:
        return await apply(opened.project, opened.want, options, gate, run)

    return carry_out_traced(opened.project, gate, work, at_once, asked=trace)


def _apply_file(
    chosen: Chosen, path: Path, gate: Gate, parallelism: int | None, *, force: bool, trace: bool
) -> int:
    from retinue.operations.applying import apply_saved
    from retinue.operations.saved import load_plan

    with opening(gate):
        project = chosen.project()
        plan = load_plan(path, project.root)
    at_once = parallelism or project.parallelism

    async def work(run: Run, gate: Gate) -> Applied:
        return await apply_saved(project, plan, gate, run, forced=force)

    return carry_out_traced(project, gate, work, at_once, asked=trace)
