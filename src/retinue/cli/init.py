"""``retinue init``: a new project that works as it stands."""

from __future__ import annotations

from pathlib import Path

import click

from retinue.cli.terminal import Terminal
from retinue.manifest.schema_project import TARGETS


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option(
    "--target", type=click.Choice(TARGETS), default=TARGETS[0], show_default=True,
    help="What the example is realised on.",
)  # fmt: skip
def command(folder: Path, target: str) -> None:
    """Write a commented example, a .gitignore and a pipeline into FOLDER (default: here).

    Overwrites nothing.
    """
    from retinue.operations.scaffold import scaffold

    terminal = Terminal.current()
    for path in scaffold(folder, target):
        terminal.say(f"wrote {folder / path}")
    inside = "" if folder == Path() else f"cd {folder} && "
    terminal.say(f"\nNext: {inside}retinue plan")
