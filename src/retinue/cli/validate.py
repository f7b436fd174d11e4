"""``retinue validate``: offline, all problems at once."""

from __future__ import annotations

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.terminal import Terminal
from retinue.errors import ManifestError
from retinue.manifest.schema_project import TARGETS


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
    from retinue.render.problems import problems_github, problems_json

    terminal = Terminal.current()
    count = 0
    try:
        manifest = declared(chosen.project(), target=target)
        problems, count = list(manifest.warnings), len(manifest.resources)
    except ManifestError as error:
        problems = list(error.problems)
    broken = any(problem.severity == "error" for problem in problems)
    if as_json:
        terminal.document(problems_json(problems))
    elif annotations:
        terminal.say(problems_github(problems))
    elif problems:
        terminal.problems(problems)
    if not (broken or as_json or annotations):
        where = f" on the target {target}" if target else ""
        plural = "" if count == 1 else "s"
        terminal.say(f"The manifests are valid{where}: {count} resource{plural}.")
    if broken and annotations:
        terminal.note(f"{len(problems)} problem{'s' if len(problems) != 1 else ''} found.")
    return 1 if broken else 0
