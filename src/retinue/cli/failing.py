"""Commands that print one JSON document print one as well where they fail: it says why."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from retinue.cli.terminal import Terminal
from retinue.errors import RetinueError, SystemFailed


@contextlib.contextmanager
def failing(terminal: Terminal, *, as_json: bool) -> Iterator[None]:
    """Around everything but the writing of the result: an error is a document, and goes on.

    Raises:
        RetinueError: what was raised inside; an error of the system as `SystemFailed`.
    """
    try:
        yield
    except RetinueError as error:
        if as_json:
            _tell(terminal, error)
        raise
    except OSError as error:
        failed = SystemFailed.of(error)
        if as_json:
            _tell(terminal, failed)
        raise failed from error


def _tell(terminal: Terminal, error: RetinueError) -> None:
    from retinue.render.failures import failure_json

    terminal.document(failure_json(error))
