"""``retinue schema``: the JSON Schemas of what users write and tools read."""

from __future__ import annotations

import click

from retinue.cli.terminal import Terminal


@click.command("schema")
@click.argument(
    "document", type=click.Choice(["manifest", "project", "plan", "events"]), default="manifest"
)
def command(document: str) -> None:
    """Print a JSON Schema: of a manifest (the default), the project file, a plan or apply's events.

    For completion in an editor, begin a manifest with:
    # yaml-language-server: $schema=PATH/manifest.schema.json
    """
    from retinue.cli.schemas import schemas

    Terminal.current().document(schemas()[document])
