"""``retinue validate``: offline, all problems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from retinue.cli.failing import named
from retinue.cli.options import Chosen, project_options
from retinue.cli.terminal import Terminal
from retinue.errors import ManifestError, RetinueError
from retinue.manifest.schema_project import TARGETS

if TYPE_CHECKING:
    from retinue.manifest.model import Manifest


@click.command("validate")
@project_options
@click.option(
    "--target", type=click.Choice(TARGETS),
    help="Check as if every assistant were on this target: what a move would need.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--annotations", is_flag=True, help="Print GitHub workflow annotations.")
def command(*, chosen: Chosen, target: str | None, as_json: bool, annotations: bool) -> int:
    """Check every manifest, without network and without a key.

    Reports all problems, each with file, line and column and how to mend it. Exit code 1 when
    there are any; warnings alone are fine.
    """
    from retinue.operations.declared import declared
    from retinue.render.failures import failure_problems
    from retinue.render.problems import problems_figures, problems_github, problems_json

    terminal = Terminal.current()
    found = ""
    try:
        with named():
            manifest = declared(chosen.project(), target=target)
        problems, found = list(manifest.warnings), _counts(manifest)
    except ManifestError as error:
        problems = list(error.problems)
    except RetinueError as error:
        if as_json:
            terminal.document(failure_problems(error))
        raise
    broken = any(problem.severity == "error" for problem in problems)
    if as_json:
        terminal.document(problems_json(problems))
    elif annotations:
        terminal.say(problems_github(problems))
    elif problems:
        terminal.problems(problems)
    if not (broken or as_json or annotations):
        where = f" on the target {target}" if target else ""
        terminal.say(f"The manifests are valid{where}: {found}.")
    if broken and annotations:
        terminal.note(f"{problems_figures(problems)} found.")
    return 1 if broken else 0


def _counts(manifest: Manifest) -> str:
    """How much there is. Functions count apart: they are parts of tools, and in no plan."""
    from retinue.render.escape import counted

    functions = sum(address.kind == "function" for address in manifest.resources)
    resources = counted(len(manifest.resources) - functions, "resource")
    return f"{resources} and {counted(functions, 'function')}" if functions else resources
