"""``retinue serve``: the embedded platform over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.terminal import Terminal
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.local.serve import ModelServer


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
@click.option(
    "--model-url",
    envvar="RETINUE_MODEL_URL",
    metavar="URL",
    help="A chat-completions server, e.g. http://127.0.0.1:11434/v1; default: the echo model.",
)
@click.option(
    "--model-key-env",
    metavar="NAME",
    help="The environment variable with the model server's key.",
)
@click.option(
    "--model-name",
    "model_names",
    metavar="[ASKED=]NAME",
    multiple=True,
    help="What the model server calls a model; without ASKED=, all models. May be repeated.",
)
@click.option(
    "--embeddings",
    metavar="MODEL",
    help="The model server's model for embeddings; default: file search goes by words alone.",
)
def command(
    *,
    host: str,
    port: int,
    db: Path,
    key: str | None,
    model_url: str | None,
    model_key_env: str | None,
    model_names: tuple[str, ...],
    embeddings: str | None,
) -> None:
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

    model = _model(model_url, model_key_env, model_names, embeddings)
    serve(database=db, host=host, port=port, key=key or None, announce=announce, model=model)


def _model(
    url: str | None, key_env: str | None, names: tuple[str, ...], embeddings: str | None = None
) -> ModelServer | None:
    from retinue.local.serve import ModelServer

    if not url:
        if key_env or names or embeddings:
            raise UsageError(
                "--model-key-env, --model-name and --embeddings are nothing without --model-url",
                hint="name the model server with --model-url",
            )
        return None
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError(
            f"{url!r} is not the address of a model server",
            hint="write it with http:// or https://, up to and with /v1",
        )
    key = os.environ.get(key_env) if key_env else None
    if key_env and not key:
        raise UsageError(f"{key_env} is not set", hint=f"put the model server's key in {key_env}")
    mapped = dict(_mapping(each) for each in names)
    return ModelServer(base_url=url, api_key=key, names=mapped, embeddings=embeddings or None)


def _mapping(written: str) -> tuple[str, str]:
    asked, equals, name = written.partition("=")
    return (asked, name) if equals else ("*", written)
