"""What a conversation begins with, on every target."""

from __future__ import annotations

from dataclasses import dataclass

from retinue.talk.conversation import Party, Responder, Role, Streams, Wire
from retinue.talk.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Whom one talks to, through what, and who answers calls. ``role`` is what the assistant is
    instead of itself; ``thread`` is the ID of the earlier conversation that goes on; ``keep``
    leaves attached files on the platform."""

    wire: Wire
    streams: Streams
    party: Party
    sources: Sources
    respond: Responder
    role: Role | None = None
    thread: str | None = None
    keep: bool = False
