"""Somebody else's objects, named by ID in the manifests: they have to be there.

A platform that keeps no object of an assistant (target ``responses``) never looks at them before
somebody asks. So a plan does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retinue.address import Address
from retinue.engine.plan import Action, Plan
from retinue.engine.safety import Refusal
from retinue.engine.tasks import together
from retinue.errors import AuthenticationFailed, FamilyGone, Rejected
from retinue.kinds.base import Adapter, Resource
from retinue.kinds.credential import CREDENTIAL
from retinue.manifest.model import ExternalId
from retinue.targets.agents import AGENT

_TYPES = {"assistant": AGENT.name}
"""The type of what is observed, where it is not called as its kind: automations run agents."""

_OF_FILES = ("file", "vector_store")
"""Kinds that anybody who has the files can make anew, as after an import."""

_HAVING_THE_FILES = (
    "or declare the files, if you have them, and write names in the place of IDs "
    "(You have the files, in docs/migrating.md)"
)

_FEW = 20
"""Objects of a kind that are asked for one by one; more are looked up in the list."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """An object that is not on the platform; ``users`` are the resources that name it, ``pending``
    those of them that the plan is about to write."""

    object: ExternalId
    users: tuple[Resource, ...]
    pending: tuple[Resource, ...]

    def note(self) -> str:
        """What to know of it where nothing is refused."""
        return f"there is no {self._what()}, which {_named(self.users, self.object.id)} uses"

    def refusal(self) -> Refusal:
        """Why nothing that names it should be written."""
        ways = ["correct the ID, or the platform or project that the key is for"]
        if self.object.kind in _OF_FILES:
            ways.append(_HAVING_THE_FILES)
        return Refusal(
            "RTN-REFUSED-MISSING",
            f"there is no {self._what()}, which {_named(self.pending, self.object.id)} is to use",
            "; ".join([*ways, "if it is yet to come: --force"]),
            tuple(resource.address for resource in self.pending),
        )

    def _what(self) -> str:
        return f"{self.object.kind.replace('_', ' ')} {self.object.id}"


def _named(resources: Iterable[Resource], object_id: str) -> str:
    """The resources, each with the place where it names the object."""
    return ", ".join(
        f"{each.address} ({each.places.of(object_id)})" if each.places else str(each.address)
        for each in resources
    )


async def vanished(
    adapters: Mapping[str, Adapter], plan: Plan, desired: Mapping[Address, Resource]
) -> list[Vanished]:
    """Look for every such object that ``plan`` is about.

    Raises:
        PlatformError: the platform can't be read.
    """
    planned = [(c, desired[c.address]) for c in plan.changes if c.address in desired]
    users: dict[ExternalId, list[Resource]] = {}
    for _, resource in planned:
        for item in resource.observes:
            if item.kind != CREDENTIAL.kind:  # found by nobody who does not know its vault
                users.setdefault(item, []).append(resource)
    pending = {change.address for change, _ in planned if change.action is not Action.NO_OP}
    there = await _there(adapters, users)
    return [
        Vanished(item, tuple(every), tuple(each for each in every if each.address in pending))
        for item, every in users.items()
        if item not in there
    ]


async def _there(adapters: Mapping[str, Adapter], items: Iterable[ExternalId]) -> set[ExternalId]:
    kinds: dict[str, list[ExternalId]] = {}
    for item in items:
        kinds.setdefault(item.kind, []).append(item)
    found = await together(
        _of_a_kind(adapters[_TYPES.get(kind, kind)], sought) for kind, sought in kinds.items()
    )
    return set().union(*found)


async def _of_a_kind(adapter: Adapter, sought: Sequence[ExternalId]) -> set[ExternalId]:
    if len(sought) <= _FEW:
        answers = await together(_exists(adapter, item.id) for item in sought)
        return {item for item, there in zip(sought, answers, strict=True) if there}
    missing = {item.id for item in sought}
    async for page in adapter.pages():
        missing.difference_update(live.id for live in page)
        if not missing:
            break
    return {item for item in sought if item.id not in missing}


async def _exists(adapter: Adapter, object_id: str) -> bool:
    """Whether there is such an object; what the key may not see counts as there."""
    try:
        return await adapter.read(object_id) is not None
    except AuthenticationFailed:
        return True
    except (FamilyGone, Rejected):
        return False
