"""What a step does, in the words of the progress lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from retinue.engine.plan import Action
from retinue.engine.steps import Phase


class Verb(NamedTuple):
    """``doing``: as it begins; ``noun``: of its completion or failure; ``did``: in a report."""

    doing: str
    noun: str
    did: str
    event: str


_WRITES: Mapping[Action, Verb] = {
    Action.CREATE: Verb("Creating", "Creation", "created", "create"),
    Action.UPDATE: Verb("Modifying", "Modifications", "changed", "update"),
    Action.REPLACE: Verb("Creating replacement", "Replacement", "created anew", "create"),
    Action.ADOPT: Verb("Adopting", "Adoption", "adopted", "adopt"),
    Action.MOVE: Verb("Moving", "Move", "moved", "move"),
    Action.FORGET: Verb("Forgetting", "Forgetting", "forgotten", "forget"),
}
_DESTROY = Verb("Destroying", "Destruction", "destroyed", "delete")
_DESTROY_OLD = Verb("Destroying old object", "Destruction of old object", "old one destroyed",
                    "delete")  # fmt: skip
_OTHER = Verb("Working", "Work", "done", "no-op")


def verb(action: Action, phase: Phase) -> Verb:
    """The words for one step."""
    if phase is Phase.DESTROY:
        return _DESTROY_OLD if action is Action.REPLACE else _DESTROY
    return _WRITES.get(action, _OTHER)


def duration(seconds: float) -> str:
    """``0s``, ``59s``, ``2m5s``: as Terraform writes it."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
