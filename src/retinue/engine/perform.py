"""Do one step of a plan on the platform, and record it.

The order of what is durable is the guarantee: intent before a create, outcome right after it, and
the old object of a replacement remembered as deposed until it is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from retinue.address import Address
from retinue.engine.diff import seen
from retinue.engine.entry import Entry, Intent
from retinue.engine.events import Note
from retinue.engine.lookup import find
from retinue.engine.plan import Action, Change
from retinue.engine.ports import Clock, Ledger, Reporter
from retinue.engine.repair import entry_of
from retinue.engine.steps import Phase, Step
from retinue.errors import NotFound, PlanStale, PlatformError, Unavailable
from retinue.kinds.base import Adapter, Live, Write
from retinue.kinds.marker import Marker
from retinue.kinds.values import resolve, unknowns

CREATE_ATTEMPTS = 3
"""How often a create is sent at most; between two of them its outcome is looked for."""


def new_operation() -> str:
    """A random ID for one create: 64 bits, hex."""
    return uuid.uuid4().hex[:16]


@dataclass(slots=True)
class Performer:
    """Does the steps of one apply."""

    adapters: Mapping[str, Adapter]
    ledger: Ledger
    report: Reporter
    clock: Clock

    async def perform(self, step: Step, change: Change) -> str:
        """Do ``step`` and return the ID of the object concerned.

        Raises:
            PlanStale: somebody changed the object since the plan was made.
            PlatformError: the platform refused or failed.
        """
        if step.phase is Phase.DESTROY:
            return await self._destroy(step, change)
        if change.action in (Action.CREATE, Action.REPLACE):
            return await self._create(change)
        if change.action is Action.FORGET:
            await self.ledger.record({change.address: None})
            return change.id or ""
        return await self._update(change)

    async def _create(self, change: Change) -> str:
        adapter = self.adapters[change.type]
        values = self._resolved(change)
        late = {n for n in values if adapter.type.attributes[n].after_create}
        first = {name: value for name, value in values.items() if name not in late}
        entry, live = await self._created(adapter, change, first)
        if any(values[name] for name in late):
            write = self._write(change, values, late)
            await adapter.update(live.id, write, live)
        if late:
            await self.ledger.record({change.address: replace(entry, values=values)})
        return live.id

    async def _created(
        self, adapter: Adapter, change: Change, values: Mapping[str, Any]
    ) -> tuple[Entry, Live]:
        """Create once, whatever happens to the answer."""
        for attempt in range(1, CREATE_ATTEMPTS + 1):
            intent = self._intent(change, values)
            await self.ledger.begin(intent)
            try:
                live = await adapter.create(
                    self._write(change, values, set(values), intent.operation)
                )
            except Unavailable as lost:
                resolution = await find(adapter, intent, self._taken(), self.clock)
                if resolution.live is None:
                    if attempt == CREATE_ATTEMPTS:
                        raise
                    self.report(Note(f"{change.address}: no answer ({lost}); sent again"))
                    continue
                live = resolution.live
                self.report(Note(f"{change.address}: the answer was lost; found as {live.id}"))
            except PlatformError:
                await self.ledger.settle(intent.operation)
                raise
            old = self.ledger.entries.get(change.address)
            deposed = (*old.deposed, old.id) if old and change.action is Action.REPLACE else ()
            entry = replace(entry_of(intent, live, deposed=deposed), values=dict(values))
            await self.ledger.record({change.address: entry}, intent.operation)
            return entry, live
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _intent(self, change: Change, values: Mapping[str, Any]) -> Intent:
        return Intent(
            operation=new_operation(),
            address=change.address,
            type=change.type,
            values=dict(values),
            started_at=self.clock.now(),
            depends_on=change.depends_on,
            protect=change.protect,
        )

    def _taken(self) -> set[str]:
        entries = self.ledger.entries.values()
        return {i for entry in entries for i in (entry.id, *entry.deposed)}

    async def _update(self, change: Change) -> str:
        adapter = self.adapters[change.type]
        values = self._resolved(change)
        assert change.id is not None, "only a create has no object yet"
        if change.changed:
            live = await self._unmoved(adapter, change)
            await adapter.update(change.id, self._write(change, values, set(change.changed)), live)
        recorded = {n: v for n, v in values.items() if n not in change.resets}
        entry = Entry(
            address=change.address,
            type=change.type,
            id=change.id,
            values=recorded,
            depends_on=change.depends_on,
            protect=change.protect,
            deposed=self._deposed(change),
        )
        moved: dict[Address, Entry | None] = {}
        if change.previous_address is not None:
            moved[change.previous_address] = None
        await self.ledger.record({**moved, change.address: entry})
        return change.id

    def _deposed(self, change: Change) -> tuple[str, ...]:
        old = self.ledger.entries.get(change.previous_address or change.address)
        return old.deposed if old is not None else ()

    async def _destroy(self, step: Step, change: Change) -> str:
        adapter = self.adapters[change.type]
        if change.action is Action.DELETE and not change.leftover:
            try:
                await self._unmoved(adapter, change)
            except NotFound:
                await self.ledger.record({change.address: None})
                return step.object_id
        await adapter.delete(step.object_id)
        entry = self.ledger.entries.get(change.address)
        if entry is not None:
            rest = tuple(i for i in entry.deposed if i != step.object_id)
            gone = entry.id == step.object_id
            await self.ledger.record(
                {change.address: None if gone else replace(entry, deposed=rest)}
            )
        return step.object_id

    async def _unmoved(self, adapter: Adapter, change: Change) -> Live:
        """Read the object again and make sure that it still is as the plan saw it."""
        live = await adapter.read(change.id or "")
        if live is None:
            raise NotFound(
                f"{change.address}: {change.id} no longer exists",
                hint="it was deleted after the plan was made; run plan again",
            )
        moved = self._moved(adapter, change, live)
        if moved:
            raise PlanStale(
                f"{change.address}: {', '.join(moved)} changed on the platform since the plan",
                hint="run plan again to see the change, then apply",
            )
        return live

    def _moved(self, adapter: Adapter, change: Change, live: Live) -> list[str]:
        """Managed attributes that are no longer as the plan saw them."""
        entry = self.ledger.entries.get(change.previous_address or change.address)
        applied = entry.values if entry is not None else {}
        wanted = applied if change.after is None else change.after
        attributes = adapter.type.attributes
        return [
            name
            for name, value in (change.before or {}).items()
            if not attributes[name].write_only
            and seen(attributes[name], name, wanted.get(name), applied, live.values) != value
        ]

    def _id_of(self, address: Address) -> str | None:
        entry = self.ledger.entries.get(address)
        return entry.id if entry is not None else None

    def _resolved(self, change: Change) -> dict[str, Any]:
        values: dict[str, Any] = resolve(change.after or {}, self._id_of)
        missing = unknowns(values)
        if missing:
            names = ", ".join(sorted(map(str, missing)))
            raise PlanStale(f"{change.address}: needs {names}, which has no object yet")
        return values

    def _write(
        self,
        change: Change,
        values: Mapping[str, Any],
        changed: set[str],
        operation: str | None = None,
    ) -> Write:
        marker = Marker(self.ledger.owner, change.address, operation or new_operation())
        return Write(
            address=change.address,
            values=values,
            changed=frozenset(changed),
            marker=marker,
            upload=change.upload,
        )
