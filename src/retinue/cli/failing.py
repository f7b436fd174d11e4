"""Commands that print one JSON document print one as well where they fail: it says why."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import click

from retinue.cli.terminal import Terminal
from retinue.errors import RetinueError, as_ours


@contextlib.contextmanager
def failing(terminal: Terminal, *, as_json: bool) -> Iterator[None]:
    """Around everything but the writing of the result: an error is a document, and goes on.

    Raises:
        RetinueError: what was raised inside, see `named`.
    """
    try:
        with named():
            yield
    except RetinueError as error:
        if as_json:
            _tell(terminal, error)
        raise


@contextlib.contextmanager
def named() -> Iterator[None]:
    """Gives every error that comes out the form that all of ours have.

    Raises:
        RetinueError: an error of the system as `SystemFailed`, what nobody foresaw as
            the root of all of them, all others as they are.
    """
    try:
        yield
    except (
        RetinueError,
        BrokenPipeError,
        click.ClickException,
        click.Abort,
        click.exceptions.Exit,
    ):
        raise
    except Exception as error:
        raise as_ours(error) from error


def show_traceback(error: BaseException) -> None:
    """Print a traceback where somebody who looks for a defect asks for it."""
    if os.environ.get("RETINUE_DEBUG"):
        import traceback

        traceback.print_exception(error)


def _tell(terminal: Terminal, error: RetinueError) -> None:
    from retinue.render.failures import failure_json

    terminal.document(failure_json(error))
