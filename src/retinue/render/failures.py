"""An exception in words: message, hint and code. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from retinue.errors import ManifestError, Reason, Refused, RetinueError, as_ours
from retinue.render.escape import paragraph, visible
from retinue.render.problems import problems_json
from retinue.render.style import Style, Tone

FORMAT_VERSION: Final = "1.0"


def message_of(error: Exception, *, about: str = "") -> str:
    """What went wrong; ``about`` is an address that was said already."""
    return as_ours(error).message.removeprefix(f"{about}: ")


def hint_of(error: Exception) -> str | None:
    """What to do next, where we know it."""
    return as_ours(error).hint


def code_of(error: Exception) -> str:
    """The stable code; that of an error nobody foresaw is the root's."""
    return as_ours(error).code


def reasons_of(error: Exception) -> tuple[Reason, ...]:
    """The reasons that have codes and hints of their own; none where the error speaks for all."""
    return error.reasons if isinstance(error, Refused) else ()


def error_text(error: RetinueError, style: Style) -> str:
    """An error as the last thing that a command says, ending in a newline."""
    if isinstance(error, ManifestError):  # its problems have codes of their own
        return _reason_text(error.message, error.hint, None, style)
    reasons: Sequence[Reason] = reasons_of(error) or [error]
    return "\n".join(_reason_text(each.message, each.hint, each.code, style) for each in reasons)


def failure_json(error: RetinueError) -> dict[str, Any]:
    """An error as the one document of a command with ``--json``.

    Described by ``schemas/problems.schema.json``.
    """
    return {"format_version": FORMAT_VERSION, "problems": failure_problems(error)}


def failure_problems(error: RetinueError) -> list[dict[str, Any]]:
    """Each problem of an error as data; those of manifests have a place."""
    if isinstance(error, ManifestError):
        return problems_json(error.problems)
    return [_unplaced(reason) for reason in reasons_of(error) or [error]]


def _unplaced(reason: Reason) -> dict[str, Any]:
    nowhere = {"file": None, "line": None, "column": None}
    said = {"code": reason.code, "severity": "error", "message": reason.message}
    return {**said, "hint": reason.hint, **nowhere}


def _reason_text(message: str, hint: str | None, code: str | None, style: Style) -> str:
    parts = [f"{style.paint('Error:', Tone.ALARM)} {paragraph(message)}"]
    if hint:
        parts.append(f"  hint: {paragraph(hint)}")
    if code:
        parts.append(style.paint(f"  [{visible(code)}]", Tone.DIM))
    return "\n".join(parts) + "\n"
