"""``retinue completion``: the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from retinue.cli.terminal import Terminal


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes commands and options.

    bash: eval "$(retinue completion bash)"
    """
    from retinue.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None, "click knows the shells of the choice"
    Terminal.current().say(found(cli, {}, "retinue", "_RETINUE_COMPLETE").source())
