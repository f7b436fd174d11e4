"""What the engine asks of the world besides adapters: a ledger, a reporter, a stop signal, a clock.

The shape is that of a resolver library: a pure algorithm in the middle, providers that it asks,
and a reporter that it tells.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from retinue.address import Address
from retinue.engine.entry import Entry, Intent
from retinue.engine.events import Event
from retinue.kinds.marker import Owner


class Ledger(Protocol):
    """The journal of one apply. Each call returns once its line is on the disk."""

    @property
    def owner(self) -> Owner:
        """The project and stack that is applied."""
        ...

    @property
    def entries(self) -> Mapping[Address, Entry]:
        """What is recorded so far; a live view."""
        ...

    async def begin(self, intent: Intent) -> None:
        """A create is about to be sent."""
        ...

    async def settle(self, operation: str) -> None:
        """The create did not happen, or needs no more looking for."""
        ...

    async def record(
        self, entries: Mapping[Address, Entry | None], operation: str | None = None
    ) -> None:
        """Each address is its entry now (None: forgotten); settles ``operation`` when given."""
        ...


class Reporter(Protocol):
    """Told what happens while it happens."""

    def __call__(self, event: Event) -> None: ...


def silent(event: Event) -> None:
    """The reporter of those who don't want to know."""
    del event


@dataclass(slots=True)
class Stop:
    """Set once the user asked to stop: running steps finish, no new one starts."""

    event: asyncio.Event = field(default_factory=asyncio.Event)

    def request(self) -> None:
        self.event.set()

    @property
    def requested(self) -> bool:
        return self.event.is_set()


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the engine needs it, so that tests need not wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


SYSTEM = Clock()
"""The clock of this machine."""
