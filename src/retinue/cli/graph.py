"""``retinue graph``: resources and what they depend on, as Mermaid or DOT."""

from __future__ import annotations

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.terminal import Terminal


@click.command("graph")
@project_options
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True
)
def command(*, chosen: Chosen, form: str) -> None:
    """Print the graph of what the manifests declare; needs neither platform nor state."""
    from retinue.operations.declared import declared
    from retinue.operations.edges import edges
    from retinue.render.graph import dot, mermaid

    manifest = declared(chosen.project())
    draw = mermaid if form == "mermaid" else dot
    Terminal.current().say(draw(sorted(manifest.resources), sorted(edges(manifest))))
