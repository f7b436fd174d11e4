"""Composing prompts: fragments from manifests and files, joined to one text."""

from __future__ import annotations

from typing import Any

from retinue.manifest.context import Context, Declaration
from retinue.manifest.interpolate import substitute
from retinue.manifest.leaks import by_variable, gained
from retinue.manifest.paths import Located
from retinue.manifest.source import position
from retinue.problem import Place


def compose_text(context: Context, owner: Declaration, key: str) -> str:
    """Return the whole text of ``key``.

    A text alone stays as it is; a file loses the line ends that editors add to it; several
    fragments are joined with a blank line.
    """
    written = owner.value[key]
    if isinstance(written, (str, dict)):
        return _fragment(context, owner, written, key)
    parts = (
        _fragment(context, owner, part, key, index)
        for index, part in enumerate(written)
        if part is not None
    )
    return "\n\n".join(part.strip("\n") for part in parts)


def _fragment(context: Context, owner: Declaration, part: Any, *path: str | int) -> str:
    if isinstance(part, str):
        return part
    if "file" not in part:
        return ""  # flawed, and reported as that
    located = context.locate(owner, part["file"], *path, "file")
    return _file_text(context, located, owner.places.at(*path, "file")) if located else ""


def _file_text(context: Context, located: Located, named_at: Place) -> str:
    raw, problem = context.text(located)
    if problem is not None:
        context.problems.append(problem)
        return ""
    text, faults = substitute(raw, context.scope)
    for fault in faults:
        place = Place(located.shown, *position(raw, fault.offset))
        context.problems.append(fault.problem(place))
    if gained(raw, text):
        context.problems.append(by_variable(located.shown, named_at))
    if not text.strip():
        context.report(
            "EMPTY-PROMPT",
            named_at,
            f"{located.shown} is empty",
            "write instructions into it",
            "warning",
        )
    return text.rstrip("\n")
