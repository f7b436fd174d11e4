"""``retinue test``: the checks of assistants, asked for real."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.running import run_async
from retinue.cli.talking import Opened, Talk, talk_options
from retinue.cli.terminal import Terminal
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.address import Address
    from retinue.talk.suite import Case, Result
    from retinue.talk.tracing import Tracer

PARALLELISM = 4


@click.command("test")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@project_options
@talk_options
@click.option("--tag", "tags", metavar="WORD", multiple=True, help="Only checks with this tag.")
@click.option(
    "--affected", metavar="PLANFILE", type=click.Path(path_type=Path, exists=True),
    help="Only checks of assistants whose behaviour the plan can change.",
)  # fmt: skip
@click.option(
    "--parallelism", metavar="N", type=click.IntRange(1, 64), default=PARALLELISM,
    show_default=True, help="Checks at once.",
)  # fmt: skip
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    chosen: Chosen,
    talk: Talk,
    names: tuple[str, ...],
    tags: tuple[str, ...],
    affected: Path | None,
    parallelism: int,
    junit: Path | None,
    as_json: bool,
) -> int:
    """Ask the assistants NAME, or all, what their `checks:` say, and compare the answers.

    Runs against what was applied, in conversations that are deleted again. Exit code 1 when a
    check fails.
    """
    terminal = Terminal.current()
    opened = talk.project(chosen)
    only = None if affected is None else _affected(opened, affected)
    cases = _cases(opened, names, frozenset(tags), only)
    with opened.tracing("test", terminal) as tracer:
        running = _run(opened, cases, tracer, parallelism, _watcher(terminal, len(cases)))
        results = run_async(running)
        passed = all(result.passed for result in results)
        tracer.conclude(passed=passed)
    return _report(terminal, results, junit, as_json=as_json)


def _affected(opened: Opened, path: Path) -> frozenset[Address]:
    from retinue.operations.edges import edges
    from retinue.operations.saved import load_plan
    from retinue.talk.affected import affected

    return affected(load_plan(path, opened.project.root), edges(opened.manifest))


def _cases(
    opened: Opened, names: tuple[str, ...], tags: frozenset[str], only: frozenset[Address] | None
) -> list[Case]:
    """The checks to run, by assistant and in their order.

    Raises:
        UsageError: an assistant is not there, or not applied.
    """
    from retinue.talk.suite import Case

    checks = opened.checks()
    wanted = {opened.party(name).address for name in names} if names else set(checks)
    chosen = {
        address: [check for check in checks.get(address, ()) if not tags or tags & set(check.tags)]
        for address in sorted(wanted)
        if only is None or address in only
    }
    if tags and not any(chosen.values()) and only is None:
        raise UsageError(f"no check has the tag {' or '.join(sorted(tags))}")
    return [
        Case(opened.party(str(address)), check)
        for address, found in chosen.items()
        for check in found
    ]


async def _run(
    opened: Opened,
    cases: list[Case],
    tracer: Tracer,
    parallelism: int,
    report: Callable[[Result], None],
) -> list[Result]:
    from retinue.talk.calling import Nobody
    from retinue.talk.suite import run_suite

    if not cases:
        return []
    parties = [case.party.address for case in cases]
    parallelism = opened.at_once(parallelism)
    async with opened.platform(Nobody(), parties, tracer, parallelism=parallelism + 2) as begin:
        return await run_suite(cases, begin, tracer, parallelism=parallelism, report=report)


def _watcher(terminal: Terminal, total: int) -> Callable[[Result], None]:
    """Says how far it is, where somebody watches; the table comes at the end."""
    from retinue.render.checks import progress_line
    from retinue.talk.suite import nothing

    if not terminal.log.isatty():
        return nothing
    done = itertools.count(1)
    return lambda result: terminal.note(
        progress_line(result, next(done), total, terminal.log_style)
    )


def _report(terminal: Terminal, results: list[Result], junit: Path | None, *, as_json: bool) -> int:
    """Show the results and return the exit code.

    Raises:
        PlatformError: no check was answered; for people that says it all.
    """
    from retinue.render.checks import results_json, results_text
    from retinue.render.junit import junit_xml
    from retinue.talk.suite import outage

    if junit is not None:
        junit.write_text(junit_xml(results), encoding="utf-8")
    if as_json:
        terminal.document(results_json(results))
    error = outage(results)
    if error is not None:
        raise error
    if not as_json:
        terminal.say(results_text(results, terminal.style) if results else "No checks to run.")
    return 0 if all(result.passed for result in results) else 1
