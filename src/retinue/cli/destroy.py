"""``retinue destroy``: delete everything that the state knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from retinue.cli.approval import EVERYTHING, Gate, parse_approval
from retinue.cli.finish import carry_out, opening
from retinue.cli.options import (
    Chosen,
    parallelism_option,
    plan_options,
    project_options,
    selection_options,
)
from retinue.cli.terminal import Terminal

if TYPE_CHECKING:
    from retinue.engine.ports import Reporter, Stop
    from retinue.operations.applying import Applied


@click.command("destroy")
@project_options
@selection_options
@parallelism_option
@click.option("--auto-approve", is_flag=True, help="Don't ask.")
@click.option("--force", is_flag=True, help="Also delete what others put into our vaults.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON lines.")
def command(
    *,
    chosen: Chosen,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    parallelism: int | None,
    auto_approve: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Delete every object of the stack, dependants first. Protected resources refuse it, and so do
    vaults with credentials of others.

    Needs no manifests: the state says what exists.
    """
    from retinue.operations.applying import Run, apply
    from retinue.operations.desired import Wanted

    options = plan_options(targets, excludes, destroy=True, forced=force)
    gate = Gate(
        Terminal.current(),
        parse_approval(EVERYTHING if auto_approve else None),
        as_json=as_json,
        question="Do you really want to delete all of this?",
        graded=False,
        nothing="Nothing to destroy: the state is empty.",
    )
    with opening(gate):
        project = chosen.project()
    at_once = parallelism or project.parallelism

    async def work(stop: Stop, report: Reporter, gate: Gate) -> Applied:
        return await apply(project, Wanted(), options, gate, Run(at_once, report, stop))

    return carry_out(gate, work)
