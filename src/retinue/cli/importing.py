"""``retinue import``: take over what lives on the platform, or what people kept in files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.failing import failing
from retinue.cli.options import Chosen, Opened, address_of, open_wanted, project_options
from retinue.cli.recorded import show_recorded
from retinue.cli.terminal import Terminal
from retinue.errors import DumpUnreadable, UsageError

if TYPE_CHECKING:
    from retinue.operations.dumps.report import Report
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
@click.option(
    "--from",
    "sources",
    metavar="FILE|FOLDER",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write manifests from a dump, a Terraform state or a folder. May be repeated.",
)
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --from: where to write [default: imported/ under the manifests].",
)
@click.option("--dry-run", "dry", is_flag=True, help="With --from: show what would be written.")
@click.option("--json", "as_json", is_flag=True, help="With --from: print one JSON document.")
def command(
    *,
    chosen: Chosen,
    address: str | None,
    object_id: str | None,
    everything: bool,
    patterns: tuple[str, ...],
    sources: tuple[Path, ...],
    out: Path | None,
    dry: bool,
    as_json: bool,
) -> None:
    """Record the object ID as ADDRESS, take over everything with --all, or files with --from.

    What the manifests don't declare yet is written to a manifest under `imported/`. Nothing
    changes on the platform: the next apply puts the marker on.

    --from needs no platform and no key. It reads assistants as the Assistants API returned them
    (JSON, JSON Lines, notebooks), Terraform states, and folders with config.yaml and
    instructions.txt; it overwrites nothing, and says field by field what got lost.
    """
    if sources:
        if everything or patterns or address is not None:
            raise UsageError("--from stands alone: write no address, --all or --match with it")
        _files(chosen, sources, out, dry=dry, as_json=as_json)
        return
    if out is not None or dry or as_json:
        raise UsageError("--out, --dry-run and --json belong to --from")
    if everything == (address is not None):
        raise UsageError("write either ADDRESS and ID, or --all, or --from FILE")
    if not everything and object_id is None:
        raise UsageError(f"which object is {address}?", hint=f"retinue import {address} ID")
    opened = open_wanted(chosen, secrets=False, allow_closed=True)
    terminal = Terminal.current()
    if everything:
        imported = _all(opened, patterns, terminal)
    else:
        imported = _one(opened, address or "", object_id or "", terminal)
    show_recorded(terminal, "Imported", imported.recorded, imported.notes, imported.written)


def _all(opened: Opened, patterns: tuple[str, ...], terminal: Terminal) -> Imported:
    from retinue.operations.importing import import_all

    return asyncio.run(import_all(opened.project, opened.want, patterns, terminal.note))


def _one(opened: Opened, address: str, object_id: str, terminal: Terminal) -> Imported:
    from retinue.operations.importing import import_one

    own = address_of(address)
    return asyncio.run(import_one(opened.project, opened.want, own, object_id, terminal.note))


def _files(
    chosen: Chosen, sources: tuple[Path, ...], out: Path | None, *, dry: bool, as_json: bool
) -> None:
    from retinue.render.imported import imported_json, imported_text

    terminal = Terminal.current()
    with failing(terminal, as_json=as_json):
        report = _from(chosen, sources, out, dry=dry)
    for note in report.notes:
        terminal.note(f"note: {note.origin}: {note.message}")
    if report.outside and report.files:
        terminal.note("note: --out is outside of the manifests: no command reads what is there")
    if as_json:
        terminal.document(imported_json(report))
    else:
        terminal.say(imported_text(report, terminal.style))


def _from(chosen: Chosen, sources: tuple[Path, ...], out: Path | None, *, dry: bool) -> Report:
    from retinue.operations.dumps.taking import import_files

    project = chosen.project()
    try:
        return import_files(project, sources, out, dry=dry)
    except DumpUnreadable as error:
        if any(not (path.is_absolute() or path.exists()) for path in sources):
            hint = f"paths count from {Path.cwd()}; {error.hint}"
            raise DumpUnreadable(error.message, hint=hint) from None
        raise
