"""``retinue output``: names to IDs, for the application."""

from __future__ import annotations

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.terminal import Terminal
from retinue.errors import UsageError


@click.command("output")
@click.argument("address", required=False)
@project_options
@click.option("--json", "as_json", is_flag=True, help="Address to {kind, id, name}.")
@click.option("--dotenv", "as_dotenv", is_flag=True, help="NAME=ID lines for a .env file.")
def command(*, chosen: Chosen, address: str | None, as_json: bool, as_dotenv: bool) -> None:
    """Print the IDs of what was applied; with ADDRESS, its ID alone."""
    from retinue.operations.outputs import dotenv, outputs
    from retinue.operations.session import state_of

    snapshot = state_of(chosen.project()).read()
    terminal = Terminal.current()
    rows = outputs(snapshot)
    if address is not None:
        if address not in rows:
            hint = "retinue state list shows what was applied"
            raise UsageError(f"{address} is not in the state", hint=hint)
        terminal.say(rows[address]["id"])
    elif as_json:
        terminal.document(rows)
    elif as_dotenv:
        terminal.say("\n".join(dotenv(snapshot)))
    else:
        width = max((len(name) for name in rows), default=0)
        for name, row in rows.items():
            terminal.say(f"{name:{width}}  {row['id']}")
