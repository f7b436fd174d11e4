"""Retinue keeps a team of AI assistants in git: manifests, a plan, an apply, a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__version__ = "0.1.0"


def load(
    name: str,
    *,
    project: str | Path | None = None,
    stack: str | None = None,
    file: str | Path | None = None,
) -> dict[str, Any]:
    """The keyword arguments that use an applied assistant, made for the official SDK.

    On the target ``responses`` they are those of ``client.responses.create``, on ``agents`` those
    of ``client.beta.agents.sessions.create``, on ``assistants`` the ``assistant_id`` of a run. Add
    what is yours: ``client.responses.create(**retinue.load("math-tutor"), input="…")``.

    ``name`` may be the assistant's address, too. ``project`` is a folder in the project (default:
    the current one), whose state of ``stack`` is read. ``file`` is read instead, where it is given:
    what ``retinue output --format responses`` wrote. The result is a copy: change it as you like.

    Raises:
        retinue.errors.UsageError: no such assistant was applied, or there is no such file.
        retinue.errors.RetinueError: the project or its state can't be read.
    """
    from retinue.errors import RetinueError
    from retinue.operations.calls import load_call

    try:
        return load_call(name, project=project, stack=stack, file=file)
    except RetinueError as error:
        if error.hint:
            error.add_note(f"hint: {error.hint}")
        raise
