"""What a command that records objects of the platform in the state has to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from retinue.cli.terminal import Terminal

if TYPE_CHECKING:
    from retinue.engine.entry import Entry


def show_recorded(
    terminal: Terminal,
    done: str,
    recorded: Sequence[Entry],
    notes: Iterable[str],
    written: Iterable[str] = (),
) -> None:
    """Write what is in the state now, and the files ``written`` beside it; then the figure.

    ``done`` is the word for it, e.g. ``Imported``.
    """
    from retinue.render.escape import counted, paragraph, visible

    for entry in recorded:
        terminal.say(visible(f"{entry.address}  {entry.id}"))
    for path in written:
        terminal.say(visible(f"wrote {path}"))
    for note in notes:
        terminal.note(paragraph(f"note: {note}"))
    terminal.say(f"{done} {counted(len(recorded), 'object')}. Next: retinue plan")
