"""What an apply on another platform leaves on the old one. Pure."""

from __future__ import annotations

from retinue.engine.entry import Snapshot
from retinue.engine.inventory import Inventory

_MOST_NAMED = 50
"""Objects that a note lists."""


def left_behind(snapshot: Snapshot, inventory: Inventory, platform: str) -> tuple[str, ...]:
    """A note that names the state's objects on another platform than ``platform``.

    None where that is the same platform under another address: then the objects are found.
    """
    if snapshot.home in ("", platform):
        return ()
    gone = [snapshot.entries[a] for a, live in sorted(inventory.live.items()) if live is None]
    if not gone:
        return ()
    named = [f"{entry.address} ({', '.join(entry.objects)})" for entry in gone[:_MOST_NAMED]]
    if len(gone) > _MOST_NAMED:
        named.append(f"and {len(gone) - _MOST_NAMED} more, which `retinue state pull` shows")
    stay = f"these objects stay on {snapshot.home}, and the state forgets them with an apply here"
    return (f"{stay}: {', '.join(named)}",)
