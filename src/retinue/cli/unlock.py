"""``retinue unlock``: give back the lease of an apply that is gone."""

from __future__ import annotations

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.terminal import Terminal


@click.command("unlock")
@project_options
def command(chosen: Chosen) -> None:
    """Free the stack when the machine that locked it is gone.

    Refuses (exit code 6) while a process of this machine is at work. A holder that died here
    needs no unlock: the next apply takes over.
    """
    from retinue.operations.session import state_of

    holder = state_of(chosen.project()).unlock()
    terminal = Terminal.current()
    terminal.say("The stack was not locked." if holder is None else f"Unlocked; it was {holder}.")
