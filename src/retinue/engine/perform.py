"""Do one step of a plan on the platform, and record it.

The order of what is durable is the guarantee: intent before a create, outcome right after it, and
the old object of a replacement remembered as deposed until it is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from retinue.address import Address
from retinue.engine.creating import Creator, new_operation
from retinue.engine.entry import Deposed, Entry
from retinue.engine.plan import Action, Change, Reason
from retinue.engine.ports import Ledger
from retinue.engine.second_look import require_unedited, unmoved
from retinue.engine.secrecy import keep_secret
from retinue.engine.steps import Phase, Step
from retinue.errors import NotFound, PlanStale, RetinueError
from retinue.kinds.base import MARKER, Adapter, Live, Write, computed_values
from retinue.kinds.marker import Marker
from retinue.kinds.values import Sealed, Values, resolve, unknowns, unsealed


@dataclass(slots=True)
class Performer:
    """Does the steps of one apply. ``unseal`` gives the text of a secret that is sent; ``opened``
    are the texts so far, of which no error tells."""

    adapters: Mapping[str, Adapter]
    ledger: Ledger
    creator: Creator
    unseal: Callable[[Sealed], str]
    opened: set[str] = field(default_factory=set, repr=False)

    async def perform(self, step: Step, change: Change) -> str:
        """Do ``step`` and return the ID of the object concerned.

        Raises:
            PlanStale: somebody changed the object since the plan was made.
            PlatformError: the platform refused or failed.
        """
        try:
            return await self._performed(step, change)
        except RetinueError as error:
            keep_secret(error, self.opened)
            raise

    async def _performed(self, step: Step, change: Change) -> str:
        if step.phase is Phase.DESTROY:
            return await self._destroy(step, change)
        if change.action is Action.REPLACE:
            await require_unedited(self.adapters[change.object_type], change, self._known(change))
        if change.action in (Action.CREATE, Action.REPLACE):
            return await self._create(change)
        if change.action is Action.FORGET:
            return await self._forget(change)
        return await self._update(change)

    async def _create(self, change: Change) -> str:
        adapter = self.adapters[change.type]
        values = self._resolved(change, change.recorded())
        late = {n for n in values if adapter.type.attributes[n].after_create}
        first = {name: value for name, value in values.items() if name not in late}
        if adapter.type.recorded:
            return await self._kept(adapter, change, first)
        live = await self._made(adapter, change, first)
        if any(values[name] for name in late):
            write = self._write(change, values, late)
            await adapter.update(live.id, write, live)
        if late:
            entry = self.ledger.entries[change.address]
            await self.ledger.record({change.address: replace(entry, values=values)})
        return live.id

    async def _made(self, adapter: Adapter, change: Change, values: Mapping[str, Any]) -> Live:
        """Create and record what has an object on the platform."""

        async def send(operation: str) -> Live:
            return await adapter.create(self._write(change, values, set(values), operation))

        async with self.creator.made(adapter, change, values, send) as made:
            entry = self._entry(change, made.live, values)
            await self.ledger.record(_renamed(change, entry), made.operation)
        return made.live

    async def _kept(self, adapter: Adapter, change: Change, values: Mapping[str, Any]) -> str:
        """Record what has no object on the platform: nothing can be lost on the way."""
        live = await adapter.create(self._write(change, values, set(values)))
        await self.ledger.record(_renamed(change, self._entry(change, live, values)))
        return live.id

    async def _update(self, change: Change) -> str:
        adapter = self.adapters[change.type]
        values = self._resolved(change, change.after or {})
        assert change.id is not None, "only a create has no object yet"
        live = Live(id=change.id, values={})
        # The ID of a recorded one says what it is called, so that a new name is a new release.
        renamed = adapter.type.recorded and change.previous_address is not None
        if change.changed or renamed:
            write = self._write(change, values, set(change.changed))
            present = await unmoved(adapter, change, self._known(change))
            live = await adapter.update(change.id, write, present)
        recorded = {n: v for n, v in values.items() if n not in change.resets}
        entry = self._entry(change, live, recorded)
        await self.ledger.record(_renamed(change, entry))
        return entry.id

    def _entry(self, change: Change, live: Live, values: Mapping[str, Any]) -> Entry:
        """What the state remembers once ``values`` are written, as ``live`` came out of it."""
        computed = computed_values(self.adapters[change.type].type, live)
        return Entry(
            address=change.address,
            type=change.type,
            id=live.id,
            values={**values, **computed},
            depends_on=change.depends_on,
            protect=change.protect,
            deposed=self._deposed(change),
        )

    def _deposed(self, change: Change) -> tuple[Deposed, ...]:
        """What still waits to be deleted at the address once the change is written."""
        old = self._recorded(change)
        waiting = old.deposed if old is not None else ()
        if change.action is not Action.REPLACE or change.id is None:
            return waiting
        if self.adapters[change.object_type].type.recorded:
            return waiting  # there is nothing to delete
        return (*waiting, Deposed(change.object_type, change.id))

    async def _forget(self, change: Change) -> str:
        """Let go of an object; one that stays loses its marker: nobody takes it for ours again."""
        assert change.id is not None, "what is forgotten is in the state"
        adapter = self.adapters[change.type]
        if adapter.type.marked and change.reason is Reason.REMOVED:
            live = await adapter.read(change.id)
            if live is not None and live.marker is not None:
                write = self._write(change, {MARKER: None}, {MARKER})
                await adapter.update(change.id, write, live)
        await self.ledger.record({change.address: None})
        return change.id

    async def _destroy(self, step: Step, change: Change) -> str:
        adapter = self.adapters[change.object_type]
        if change.action is Action.DELETE and not change.leftover:
            try:
                await unmoved(adapter, change, self._known(change))
            except NotFound:
                await self.ledger.record({change.address: None})
                return step.object_id
        await adapter.delete(step.object_id)
        entry = self.ledger.entries.get(change.address)
        if entry is not None:
            rest = tuple(old for old in entry.deposed if old.id != step.object_id)
            gone = entry.id == step.object_id and not change.leftover
            await self.ledger.record(
                {change.address: None if gone else replace(entry, deposed=rest)}
            )
        return step.object_id

    def _recorded(self, change: Change) -> Entry | None:
        """The entry under the name that it still has."""
        entries = self.ledger.entries
        old = change.previous_address
        return entries[old] if old is not None and old in entries else entries.get(change.address)

    def _known(self, change: Change) -> Entry | None:
        """The entry, if it is of the very object that the change is about: one that is adopted may
        take the place of another one that is gone."""
        entry = self._recorded(change)
        return entry if entry is not None and entry.id == change.id else None

    def _id_of(self, address: Address) -> str | None:
        entry = self.ledger.entries.get(address)
        return entry.id if entry is not None else None

    def _resolved(self, change: Change, after: Values) -> dict[str, Any]:
        values: dict[str, Any] = resolve(after, self._id_of)
        missing = unknowns(values)
        if missing:
            names = ", ".join(sorted(map(str, missing)))
            raise PlanStale(f"{change.address}: needs {names}, which has no object yet")
        return values

    def _open(self, secret: Sealed) -> str:
        text = self.unseal(secret)
        self.opened.add(text)
        return text

    def _write(
        self,
        change: Change,
        values: Mapping[str, Any],
        changed: set[str],
        operation: str | None = None,
    ) -> Write:
        marker = Marker(self.ledger.owner, change.address, operation or new_operation())
        entry = self._known(change)
        return Write(
            address=change.address,
            values={n: unsealed(v, self._open) if n in changed else v for n, v in values.items()},
            changed=frozenset(changed),
            marker=marker,
            upload=change.upload,
            inline=change.inline,
            applied=entry.values if entry is not None else {},
        )


def _renamed(change: Change, entry: Entry) -> dict[Address, Entry | None]:
    """The entry under its address; the one that it had before a move is free again."""
    if change.previous_address is None:
        return {change.address: entry}
    return {change.previous_address: None, change.address: entry}
