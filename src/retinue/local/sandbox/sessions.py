"""One session for each key, such as a thread's ID: kept while it is used, bounded in number."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from retinue.local.sandbox.model import Limits
from retinue.local.sandbox.session import Sandbox, Session

_HOUR = 3600.0


@dataclass(slots=True)
class _Place:
    session: Session
    users: int = 0
    last_used: float = 0


class Sessions:
    """Sessions by key; belongs to one event loop.

    At most ``at_most`` sandboxes live at once: the one that rested longest makes room, and where
    all are at work the next one waits. One that rested for ``keep_seconds`` is closed when
    ``tidy`` is called, which every use does too.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        limits: Limits | None = None,
        keep_seconds: float = _HOUR,
        at_most: int = 16,
    ) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._keep_seconds = keep_seconds
        self._at_most = at_most
        self._places: dict[str, _Place] = {}
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def use(self, key: str) -> AsyncIterator[Session]:
        """The session of ``key``, held so that nobody closes it meanwhile."""
        place = await self._take(key)
        try:
            yield place.session
        finally:
            place.users -= 1
            place.last_used = time.monotonic()
            async with self._changed:
                self._changed.notify_all()

    async def forget(self, key: str) -> None:
        """Close the session of ``key``, such as when its thread was deleted."""
        place = self._places.pop(key, None)
        if place is not None:
            await place.session.close()

    async def tidy(self) -> None:
        """Close what rested too long."""
        oldest = time.monotonic() - self._keep_seconds
        for key, place in list(self._places.items()):
            if not place.users and place.last_used < oldest:
                await self.forget(key)

    async def close(self) -> None:
        """Close all."""
        for key in list(self._places):
            await self.forget(key)

    async def _take(self, key: str) -> _Place:
        await self.tidy()
        async with self._changed:
            while key not in self._places and len(self._places) >= self._at_most:
                if not await self._evict():
                    await self._changed.wait()
            place = self._places.setdefault(key, _Place(self._sandbox.session(self._limits)))
            place.users += 1
            return place

    async def _evict(self) -> bool:
        """Close the session that rested longest; False where all are at work."""
        resting = [(place.last_used, key) for key, place in self._places.items() if not place.users]
        if resting:
            await self.forget(min(resting)[1])
        return bool(resting)
