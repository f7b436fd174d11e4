"""Who listens to which session of this application, and what they are told.

Events are live: they are not kept, and nobody hears what happens in another process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from retinue.local.calls import Json
from retinue.local.platform import Platform
from retinue.local.work.streams import Stream

_LAST = ("agent.session.idle", "agent.session.failed")


@dataclass(frozen=True, slots=True)
class _Listener:
    stream: Stream
    until_idle: bool

    def hear(self, event: Json) -> bool:
        """Pass an event on; false once there is nobody or nothing left to hear."""
        self.stream.send(event["type"], event)
        return self.stream.open and not (self.until_idle and event["type"] in _LAST)


class Hub:
    """The listeners of one application. To be used on its event loop only."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[_Listener]] = {}

    def subscribe(self, session_id: str, *, until_idle: bool = False) -> Stream:
        """Listen to a session; ``until_idle`` ends with the turn."""
        listener = _Listener(Stream(), until_idle)
        others = [each for each in self._listeners.get(session_id, ()) if each.stream.open]
        self._listeners[session_id] = [*others, listener]
        return listener.stream

    def publish(self, session_id: str, events: Iterable[Json]) -> None:
        """Tell everybody who listens."""
        for event in events:
            listeners = self._listeners.pop(session_id, [])
            going = [each for each in listeners if each.hear(event)]
            for each in listeners:
                if each not in going:
                    each.stream.close()
            if going:
                self._listeners[session_id] = going

    def hang_up(self) -> None:
        """End what would never end by itself; listeners of one turn may hear it out."""
        for listeners in self._listeners.values():
            for each in listeners:
                if not each.until_idle:
                    each.stream.close()

    def close(self, session_id: str) -> None:
        """The session is gone."""
        for each in self._listeners.pop(session_id, []):
            each.stream.close()


def hub_of(platform: Platform) -> Hub:
    """The application's hub, made when it is first needed."""
    hub = platform.kept.setdefault("session hub", Hub())
    assert isinstance(hub, Hub)
    return hub
