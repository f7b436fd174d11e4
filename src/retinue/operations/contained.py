"""What goes along when an object is deleted that holds others: the credentials of a vault."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from retinue.engine.plan import Action, Plan
from retinue.engine.safety import Refusal
from retinue.kinds.base import Adapter
from retinue.kinds.marker import Owner


async def swept_away(
    adapters: Mapping[str, Adapter], plan: Plan, tracked: Collection[str]
) -> list[Refusal]:
    """A refusal for each object that ``plan`` deletes together with what it does not delete itself:
    somebody else's, forgotten or protected ones. ``tracked`` are the IDs that the state knows; what
    carries our marker besides is a stray of ours, which goes along.

    Raises:
        PlatformError: the platform can't be read.
    """
    return [
        refusal
        for adapter in adapters.values()
        if adapter.type.within is not None
        for refusal in await _swept(adapter, adapter.type.within, plan, tracked)
    ]


async def _swept(
    adapter: Adapter, outer: str, plan: Plan, tracked: Collection[str]
) -> list[Refusal]:
    """``outer`` is the type that the objects are in; the attribute is called like it."""
    going = {
        c.id: c for c in plan.pending if c.action is Action.DELETE and c.type == outer and c.id
    }
    if not going:
        return []
    owner = Owner(plan.project, plan.stack)
    deleted = {change.id for change in plan.pending if change.destroys}
    stays: dict[str, list[str]] = {}
    async for page in adapter.pages([object_id for object_id in going if object_id]):
        for live in page:
            ours = live.marker is not None and live.marker.owner == owner
            if live.id not in deleted and (live.id in tracked or not ours):
                stays.setdefault(str(live.values[outer]), []).append(live.id)
    return [
        Refusal(
            "RTN-REFUSED-CONTAINED",
            f"deleting {going[holder].address} ({holder}) deletes what is in it, too, and the plan "
            f"does not: {', '.join(sorted(ids))}",
            f"delete that first, or keep the {outer} with an entry in removed: "
            "(destroy: false); if all of it is to go: --force",
            (going[holder].address,),
        )
        for holder, ids in sorted(stays.items())
    ]
