"""What the platform, the state and the manifests say: all that a plan is decided on. Pure data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from retinue.address import Address
from retinue.engine.entry import Snapshot
from retinue.kinds.base import Live, Resource, ResourceType


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a plan is decided on.

    live: tracked addresses; None where the object is gone. adoptable: declared addresses without a
    tracked object, or whose tracked object is gone, and what was found instead. previous: the
    earlier name of moved addresses. forget: addresses whose object is to stay on the platform.
    unread: those with a secret that could not be read. closed: types that the platform has no more.
    types: resource types by name.
    """

    desired: Mapping[Address, Resource]
    snapshot: Snapshot
    live: Mapping[Address, Live | None]
    types: Mapping[str, ResourceType]
    adoptable: Mapping[Address, Live]
    previous: Mapping[Address, Address]
    forget: frozenset[Address] = frozenset()
    unread: Collection[Address] = frozenset()
    closed: Collection[str] = frozenset()
    destroy: bool = False
