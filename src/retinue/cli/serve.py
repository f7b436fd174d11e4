"""``retinue serve``: the embedded platform over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from retinue.cli.terminal import Terminal


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8300,
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "--db",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".retinue/platform.db"),
    show_default=True,
    help="The SQLite file.",
)
@click.option(
    "--key",
    envvar="RETINUE_SERVE_KEY",
    metavar="KEY",
    help="The only key that is accepted [env: RETINUE_SERVE_KEY].",
)
def command(host: str, port: int, db: Path, key: str | None) -> None:
    """Serve the embedded platform to the official SDK and to other projects.

    Prints the base URL, which ends in /v1. On loopback any non-empty key is accepted unless --key
    is given; any other address needs --key. Stops cleanly on Ctrl-C or SIGTERM.
    """
    from retinue.local.serve import serve

    terminal = Terminal.current()
    db.parent.mkdir(parents=True, exist_ok=True)

    def announce(base_url: str) -> None:
        terminal.say(base_url)
        terminal.out.flush()

    serve(database=db, host=host, port=port, key=key or None, announce=announce)
