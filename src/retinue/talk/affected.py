"""Which assistants may behave differently after a plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from retinue.address import Address
from retinue.engine.plan import Action, Change, Plan

_MAKES = (Action.CREATE, Action.REPLACE)
_ALTERS = (Action.UPDATE, Action.ADOPT, Action.MOVE)


def affected(plan: Plan, edges: Iterable[tuple[Address, Address]]) -> frozenset[Address]:
    """Every address that changes, and all that use one of those, however far away.

    ``edges`` are pairs (user, used). What only gets the ownership marker does not change.
    """
    users: dict[Address, set[Address]] = {}
    for user, used in edges:
        users.setdefault(used, set()).add(user)
    waiting = [change.address for change in plan.pending if _matters(change)]
    reached: set[Address] = set()
    while waiting:
        address = waiting.pop()
        if address not in reached:
            reached.add(address)
            waiting += users.get(address, ())
    return frozenset(reached)


def _matters(change: Change) -> bool:
    if change.leftover:
        return False
    return change.action in _MAKES or (change.action in _ALTERS and change.alters)
