"""``retinue output``: names to IDs and requests, for the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from retinue.cli.failing import failing
from retinue.cli.options import Chosen, project_options
from retinue.cli.terminal import Terminal
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.engine.entry import Snapshot

FORMATS = ("text", "json", "dotenv", "responses")


@click.command("output")
@click.argument("address", required=False)
@project_options
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
    help="json: address to {kind, id, name}; dotenv: NAME=ID lines for a .env file; responses: "
    "the whole request of each assistant on the target responses, with its release.",
)  # fmt: skip
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option("--dotenv", "form", flag_value="dotenv", help="Short for --format dotenv.")
def command(*, chosen: Chosen, address: str | None, form: str) -> None:
    """Print the IDs of what was applied; with ADDRESS, its ID (or request) alone."""
    from retinue.operations.session import state_of

    terminal = Terminal.current()
    with failing(terminal, as_json=form == "json"):
        snapshot = state_of(chosen.project()).read()
        answer = (
            _requests(snapshot, address) if form == "responses" else _ids(snapshot, address, form)
        )
    if isinstance(answer, list):
        for line in answer:
            terminal.say(line)
        return
    if form == "responses" and not answer:
        terminal.note("note: no assistant was applied on the target responses")
    terminal.document(answer)


def _requests(snapshot: Snapshot, address: str | None) -> dict[str, Any]:
    """The release of one assistant, or of all by their names.

    Raises:
        UsageError: ``address`` was not applied on the target responses.
    """
    from retinue.manifest.suggest import did_you_mean
    from retinue.operations.calls import releases

    rows = releases(snapshot)
    if address is None:
        return rows
    name = address.removeprefix("assistant.")
    if name not in rows:
        otherwise = "retinue state list shows what was applied, retinue.yaml on which target"
        raise UsageError(
            f"{address} was not applied on the target responses",
            hint=did_you_mean(name, rows, otherwise),
        )
    return rows[name]


def _ids(snapshot: Snapshot, address: str | None, form: str) -> dict[str, Any] | list[str]:
    """What ``form`` makes of the IDs: a document, or lines; the ID of ``address`` is a line.

    Raises:
        UsageError: ``address`` is not in the state.
    """
    from retinue.manifest.suggest import meant_address
    from retinue.operations.outputs import dotenv, outputs

    rows = outputs(snapshot)
    if address is not None:
        if address not in rows:
            otherwise = "retinue state list shows what was applied"
            hint = meant_address(address, rows, otherwise)
            raise UsageError(f"{address} is not in the state", hint=hint)
        return [str(rows[address]["id"])]
    if form == "json":
        return rows
    if form == "dotenv":
        return dotenv(snapshot)
    width = max((len(name) for name in rows), default=0)
    return [f"{name:{width}}  {row['id']}" for name, row in rows.items()]
