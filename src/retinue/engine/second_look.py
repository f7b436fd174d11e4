"""Look at an object once more, just before it is written: somebody may have edited it."""

from __future__ import annotations

import contextlib

from retinue.engine.diff import differs, seen
from retinue.engine.entry import Entry
from retinue.engine.plan import Change
from retinue.errors import NotFound, PlanStale
from retinue.kinds.base import Adapter, Live


async def unmoved(adapter: Adapter, change: Change, entry: Entry | None) -> Live:
    """Read the object that ``change`` is about; it has to be as the plan saw it.

    Raises:
        PlanStale: it is not. NotFound: it is gone.
    """
    live = await _read(adapter, change, entry)
    if live is None:
        raise NotFound(
            f"{change.address}: {change.id} no longer exists",
            hint="it was deleted after the plan was made; run plan again",
        )
    moved = _moved(adapter, change, entry, live)
    if moved:
        raise PlanStale(
            f"{change.address}: {', '.join(moved)} changed on the platform since the plan",
            hint="run plan again to see the change, then apply",
        )
    return live


async def require_unedited(adapter: Adapter, change: Change, entry: Entry | None) -> None:
    """Leave alone what somebody edited since the plan: its replacement would not have the edit.

    What nobody can edit, as a file, needs no second look; what is gone is in nobody's way.

    Raises:
        PlanStale: somebody did.
    """
    if any(not attribute.immutable for attribute in adapter.type.attributes.values()):
        with contextlib.suppress(NotFound):
            await unmoved(adapter, change, entry)


async def _read(adapter: Adapter, change: Change, entry: Entry | None) -> Live | None:
    if not adapter.type.recorded:
        return await adapter.read(change.id or "")
    return None if entry is None else entry.as_live()


def _moved(adapter: Adapter, change: Change, entry: Entry | None, live: Live) -> list[str]:
    """Managed attributes that are no longer as the plan saw them."""
    applied = entry.values if entry is not None else {}
    other_type = change.previous_type is not None
    wanted = applied if change.after is None or other_type else change.after
    attributes = adapter.type.attributes
    return [
        name
        for name, value in (change.before or {}).items()
        if not attributes[name].write_only
        and differs(
            attributes[name],
            seen(attributes[name], name, wanted.get(name), applied, live.values),
            value,
        )
    ]
