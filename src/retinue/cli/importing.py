"""``retinue import``: take over objects that live on the platform already."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from retinue.address import Address
from retinue.cli.options import Chosen, Opened, open_wanted, project_options
from retinue.cli.terminal import Terminal
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.operations.importing import Imported


@click.command("import")
@click.argument("address", required=False)
@click.argument("object_id", metavar="[ID]", required=False)
@project_options
@click.option("--all", "everything", is_flag=True, help="Take over every assistant and store.")
@click.option(
    "--match",
    "patterns",
    metavar="PATTERN",
    multiple=True,
    help="With --all: only objects whose name or ID fits. May be repeated.",
)
def command(
    *,
    chosen: Chosen,
    address: str | None,
    object_id: str | None,
    everything: bool,
    patterns: tuple[str, ...],
) -> None:
    """Record the object ID as ADDRESS, or take over everything with --all.

    What the manifests don't declare yet is written to a manifest under `imported/`. Nothing
    changes on the platform: the next apply puts the marker on.
    """
    if everything == (address is not None):
        raise UsageError("write either ADDRESS and ID, or --all")
    if not everything and object_id is None:
        raise UsageError(f"which object is {address}?", hint=f"retinue import {address} ID")
    opened = open_wanted(chosen)
    terminal = Terminal.current()
    if everything:
        imported = _all(opened, patterns, terminal)
    else:
        imported = _one(opened, address or "", object_id or "", terminal)
    _report(imported, terminal)


def _all(opened: Opened, patterns: tuple[str, ...], terminal: Terminal) -> Imported:
    from retinue.operations.importing import import_all

    return asyncio.run(import_all(opened.project, opened.want, patterns, terminal.note))


def _one(opened: Opened, address: str, object_id: str, terminal: Terminal) -> Imported:
    from retinue.operations.importing import import_one

    try:
        parsed = Address.parse(address)
    except ValueError as error:
        raise UsageError(str(error)) from None
    work = import_one(opened.project, opened.want, parsed, object_id, terminal.note)
    return asyncio.run(work)


def _report(imported: Imported, terminal: Terminal) -> None:
    for entry in imported.recorded:
        terminal.say(f"{entry.address}  {entry.id}")
    for path in imported.written:
        terminal.say(f"wrote {path}")
    for note in imported.notes:
        terminal.note(f"note: {note}")
    count = len(imported.recorded)
    terminal.say(f"Imported {count} object{'' if count == 1 else 's'}. Next: retinue plan")
