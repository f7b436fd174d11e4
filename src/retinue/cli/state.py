"""``retinue state``: look at the state, and mend it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.options import Chosen, address_of, project_options
from retinue.cli.recorded import show_recorded
from retinue.cli.terminal import Terminal

if TYPE_CHECKING:
    from retinue.engine.entry import Snapshot


@click.group("state")
def command() -> None:
    """Look at the state, and mend it.

    list and show only read. mv, rm, push and rebuild take the lease and change the state, never
    the platform.
    """


def _read(chosen: Chosen) -> Snapshot:
    from retinue.operations.session import state_of

    return state_of(chosen.project()).read()


@command.command("list", short_help="Print the addresses in the state.")
@click.argument("pattern", nargs=-1)
@project_options
def list_(chosen: Chosen, pattern: tuple[str, ...]) -> None:
    """Print the addresses in the state, one a line; with PATTERN only those that fit."""
    from retinue.address import select

    known = sorted(_read(chosen).entries)
    chosen_ones = select(pattern, known) if pattern else known
    for address in chosen_ones:
        Terminal.current().say(str(address))


@command.command("show", short_help="Print what the state knows of one resource.")
@click.argument("address")
@project_options
def show(chosen: Chosen, address: str) -> None:
    """Print what the state knows of one resource, as JSON."""
    from retinue.operations.statework import require
    from retinue.state.codec import entry_to_json

    entry = require(_read(chosen), address_of(address))
    document = {"address": str(entry.address), **entry_to_json(entry)}
    Terminal.current().document(document)


@command.command("mv", short_help="Give a resource another address.")
@click.argument("source")
@click.argument("target")
@project_options
def mv(chosen: Chosen, source: str, target: str) -> None:
    """Give a resource another address; the object keeps its ID.

    In a team, prefer a `moved:` entry in the manifests: everybody's state follows it.
    """
    from retinue.operations.statework import move_entry

    terminal = Terminal.current()
    work = move_entry(chosen.project(), address_of(source), address_of(target), terminal.note)
    asyncio.run(work)
    terminal.say(f"Moved {source} to {target}.")


@command.command("rm", short_help="Forget resources, not their objects.")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@project_options
def rm(chosen: Chosen, addresses: tuple[str, ...]) -> None:
    """Forget resources; their objects stay on the platform."""
    from retinue.operations.statework import forget_entries

    terminal = Terminal.current()
    work = forget_entries(chosen.project(), [*map(address_of, addresses)], terminal.note)
    for entry in asyncio.run(work):
        terminal.say(f"Forgot {entry.address}; {entry.id} stays on the platform.")
        _, *deposed = entry.objects
        for old in deposed:
            terminal.say(
                f"  {old}, which it replaced and which was still to be deleted, stays, too."
            )


@command.command("pull", short_help="Print the whole state.")
@project_options
def pull(chosen: Chosen) -> None:
    """Print the whole state, with what an interrupted apply left in its journal."""
    from retinue.state.codec import snapshot_to_text

    Terminal.current().say(snapshot_to_text(_read(chosen)).rstrip("\n"))


@command.command("push", short_help="Replace the state by a file.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Also replace a newer, another or a broken state.")
@project_options
def push(chosen: Chosen, file: Path, *, force: bool) -> None:
    """Replace the state by FILE, as `state pull` printed it."""
    from retinue.operations.statework import push_state

    terminal = Terminal.current()
    # What is no text is no state either: let the reader of states say so.
    text = file.read_text(encoding="utf-8", errors="replace")
    work = push_state(chosen.project(), text, str(file), terminal.note, forced=force)
    terminal.say(f"Pushed; the state is at serial {asyncio.run(work)}.")


@command.command("rebuild", short_help="Restore a lost state from the platform.")
@project_options
def rebuild(chosen: Chosen) -> None:
    """Find this stack's objects on the platform by their markers and record them.

    Restores a lost state file. What is in the state already stays as it is.
    """
    from retinue.cli.options import open_wanted
    from retinue.operations.rebuild import rebuild_state

    terminal = Terminal.current()
    opened = open_wanted(chosen, secrets=False, allow_closed=True)
    report = asyncio.run(rebuild_state(opened.project, opened.want, terminal.note))
    show_recorded(terminal, "Recorded", report.recorded, report.notes)
