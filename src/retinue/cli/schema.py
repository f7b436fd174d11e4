"""``retinue schema``: the JSON Schemas of what users write and tools read."""

from __future__ import annotations

import click

from retinue.cli.terminal import Terminal

DOCUMENTS = ("manifest", "project", "plan", "drift", "problems", "events")


@click.command("schema")
@click.argument("document", type=click.Choice(DOCUMENTS), default="manifest")
def command(document: str) -> None:
    """Print the JSON Schema of a manifest (the default), the project file, or what --json prints.

    That is a plan, drift, the problems of a command that fails, or the events of an apply.

    For completion in an editor, begin a manifest with:
    # yaml-language-server: $schema=PATH/manifest.schema.json
    """
    from retinue.cli.schemas import schemas

    Terminal.current().document(schemas()[document])
