"""An exception in words: message, hint and code. Pure."""

from __future__ import annotations

from retinue.errors import ManifestError, RetinueError
from retinue.render.escape import paragraph, visible
from retinue.render.style import Style, Tone


def message_of(error: Exception, *, about: str = "") -> str:
    """What went wrong; ``about`` is an address that was said already."""
    if isinstance(error, RetinueError):
        return error.message.removeprefix(f"{about}: ")
    return f"{type(error).__name__}: {error}"


def hint_of(error: Exception) -> str | None:
    """What to do next, where we know it."""
    return error.hint if isinstance(error, RetinueError) else None


def code_of(error: Exception) -> str:
    """The stable code; that of an error nobody foresaw is the root's."""
    return error.code if isinstance(error, RetinueError) else RetinueError.code


def error_text(error: RetinueError, style: Style) -> str:
    """An error as the last thing that a command says, ending in a newline."""
    parts = [f"{style.paint('Error:', Tone.ALARM)} {paragraph(error.message)}"]
    if error.hint:
        parts.append(f"  hint: {paragraph(error.hint)}")
    if not isinstance(error, ManifestError):  # its problems have codes of their own
        parts.append(style.paint(f"  [{visible(error.code)}]", Tone.DIM))
    return "\n".join(parts) + "\n"
