"""Create one object once, whatever happens to the answers.

The intent is durable before a create is sent. Where its answer is lost, its outcome is looked for
before it is sent again; without a marker, those that could not be told apart take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from retinue.engine.entry import Intent
from retinue.engine.events import Note
from retinue.engine.inventory import Resolution
from retinue.engine.lookup import find, newcomers, signature
from retinue.engine.plan import Action, Change
from retinue.engine.ports import Clock, Ledger, Reporter
from retinue.errors import Interrupted, PlanStale, PlatformError, Unavailable
from retinue.kinds.base import Adapter, Live

CREATE_ATTEMPTS = 3
"""How often a create is sent at most; between two of them its outcome is looked for."""

Send = Callable[[str], Awaitable[Live]]
"""Sends the create of an operation."""


def new_operation() -> str:
    """A random ID for one create: 64 bits, hex."""
    return uuid.uuid4().hex[:16]


@dataclass(frozen=True, slots=True)
class Made:
    """A new object, and the operation that made it."""

    live: Live
    operation: str


@dataclass(slots=True)
class Creator:
    """Makes the objects of one apply, and knows what its creates have to know of each other."""

    ledger: Ledger
    report: Reporter
    clock: Clock
    turns: dict[tuple[str, ...], asyncio.Lock] = field(default_factory=dict)
    before: dict[str, asyncio.Task[list[Live]]] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def made(
        self, adapter: Adapter, change: Change, values: Mapping[str, Any], send: Send
    ) -> AsyncIterator[Made]:
        """Make the object of ``change``. It has to be recorded within the context: only then is the
        next one's turn that looks the same.

        Raises:
            PlatformError: the platform refused, or it can't be told what became of it.
            PlanStale, Interrupted: nothing was sent.
        """
        async with self._turn(adapter, values):
            yield await self._created(adapter, change, values, send)

    @contextlib.asynccontextmanager
    async def _turn(self, adapter: Adapter, values: Mapping[str, Any]) -> AsyncIterator[None]:
        """One at a time where two unfinished creates could not be told apart."""
        if adapter.type.marked:
            yield
            return
        look = (adapter.type.name, *signature(adapter.type, values))
        async with self.turns.setdefault(look, asyncio.Lock()):
            yield

    async def _created(
        self, adapter: Adapter, change: Change, values: Mapping[str, Any], send: Send
    ) -> Made:
        for attempt in range(1, CREATE_ATTEMPTS + 1):
            intent = self._intent(change, values, await self._others(adapter, values))
            await self.ledger.begin(intent)
            try:
                live = await send(intent.operation)
            except Unavailable as lost:
                resolution = await find(adapter, intent, self._taken(), self.clock)
                if resolution.live is None:
                    _require_clarity(resolution)
                    if attempt == CREATE_ATTEMPTS:
                        raise
                    self.report(Note(f"{change.address}: no answer ({lost}); sent again"))
                    continue
                live = resolution.live
                self.report(Note(f"{change.address}: the answer was lost; found as {live.id}"))
            except (PlatformError, PlanStale, Interrupted):  # refused, or not even sent
                await self.ledger.settle(intent.operation)
                raise
            return Made(live, intent.operation)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _others(self, adapter: Adapter, values: Mapping[str, Any]) -> tuple[str, ...]:
        """What nobody can tell from the object to be made, and was there before our first one.

        Another stack may well upload the same files; they must never be taken for ours.
        """
        if adapter.type.marked:
            return ()
        if adapter.type.name not in self.before:
            look = newcomers(adapter, self.clock.now())
            self.before[adapter.type.name] = asyncio.create_task(look)
        found = await self.before[adapter.type.name]
        type_, wanted = adapter.type, signature(adapter.type, values)
        return tuple(sorted(live.id for live in found if signature(type_, live.values) == wanted))

    def _intent(self, change: Change, values: Mapping[str, Any], others: tuple[str, ...]) -> Intent:
        return Intent(
            operation=new_operation(),
            address=change.address,
            type=change.type,
            values=dict(values),
            started_at=self.clock.now(),
            depends_on=change.depends_on,
            protect=change.protect,
            replaces=change.id if change.action is Action.REPLACE else None,
            others=others,
        )

    def _taken(self) -> set[str]:
        entries = self.ledger.entries.values()
        return {i for entry in entries for i in entry.objects}


def _require_clarity(resolution: Resolution) -> None:
    """Raise where something was found that may be the object: another try might be one too many."""
    if resolution.candidates:
        ids = ", ".join(resolution.candidates)
        raise Unavailable(
            f"{resolution.intent.address}: the answer was lost, and it can't be told which of "
            f"{ids} is the new object",
            hint="apply again; it goes on from here and names what may be left over",
        )
