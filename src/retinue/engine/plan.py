"""The plan: a frozen, ordered, serialisable set of changes with a digest.

Data only. `retinue.engine.planner` builds it, `retinue.render` shows it, `retinue.engine.apply`
executes it; all three read the same object, so a preview can't differ from what is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from retinue.address import Address
from retinue.engine.diff import Drift
from retinue.kinds.base import MARKER, Upload
from retinue.kinds.values import Sealed, Values, digest, encode, spots


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    MOVE = "move"
    FORGET = "forget"
    NO_OP = "no-op"


class Reason(StrEnum):
    """Why. An open-ended hint: readers treat one they don't know as no reason."""

    GONE = "create_because_deleted_outside"
    CLOSED = "create_because_target_was_closed"
    CANNOT_UPDATE = "replace_because_cannot_update"
    TARGET = "replace_because_target_changes"
    NOT_DECLARED = "delete_because_no_resource_config"
    REMOVED = "forget_because_removed_entry"
    ALREADY_GONE = "forget_because_already_gone"
    GONE_WITH_TARGET = "forget_because_target_was_closed"
    LEFTOVER = "delete_because_left_by_interrupted_apply"
    MARKED = "adopt_because_it_carries_our_marker"
    MOVED = "move_because_moved_entry"
    DRIFT = "update_because_of_drift"
    PROTECTION = "update_because_protection_changes"
    DESTROY = "delete_because_destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One planned action on one address.

    id: the object's ID where it exists. before: its managed attributes; None for a create.
    after: the managed attributes afterwards (IDs not known yet are `Unknown`); None for a delete.
    changed: names of the attributes that differ; resets: those that left the manifest.
    depends_on: what must be written first; released_from: what the object depended on so far,
        which can only be deleted after this change.
    upload, inline: the content that goes with it, as `Resource` has it.
    basis: digest of what this change was decided on; it must still hold at apply. A no-op has none.
    previous_type: the type of the object that a replacement deletes, where it is another one.
    leftover: an object of an interrupted apply, not the one that the state calls by the address.
    """

    address: Address
    type: str
    action: Action
    reason: Reason | None = None
    id: str | None = None
    before: Values | None = None
    after: Values | None = None
    changed: tuple[str, ...] = ()
    replace_because: tuple[str, ...] = ()
    resets: tuple[str, ...] = ()
    depends_on: tuple[Address, ...] = ()
    released_from: tuple[Address, ...] = ()
    previous_address: Address | None = None
    previous_type: str | None = None
    upload: Upload | None = None
    inline: tuple[Upload, ...] = ()
    protect: bool = False
    protected: bool = False
    leftover: bool = False
    basis: str = ""
    level: int = 0

    @property
    def object_type(self) -> str:
        """The type of the object that ``id`` names today."""
        return self.previous_type or self.type

    @property
    def destroys(self) -> bool:
        """Whether an object is deleted from the platform."""
        return self.action in (Action.DELETE, Action.REPLACE)

    @property
    def alters(self) -> bool:
        """Whether an attribute changes that is the user's: the marker alone does not count."""
        return bool(set(self.changed) - {MARKER})

    @property
    def writes(self) -> bool:
        """Whether an object is created or changed on the platform, or recorded in the state."""
        return self.action in (
            Action.CREATE,
            Action.UPDATE,
            Action.REPLACE,
            Action.ADOPT,
            Action.MOVE,
        )

    def recorded(self) -> dict[str, Any]:
        """The attributes that the state remembers: those that the manifest names."""
        return {n: v for n, v in (self.after or {}).items() if n not in self.resets}

    def written(self) -> dict[str, Any]:
        """The attributes that an apply sends: all of a new object, else those that change."""
        after = self.recorded() if self.writes else {}
        if self.action in (Action.CREATE, Action.REPLACE):
            return after
        return {name: value for name, value in after.items() if name in self.changed}

    def essence(self) -> dict[str, Any]:
        """The part that the digest covers: all that decides what an apply would do."""
        return {
            "address": str(self.address),
            "type": self.type,
            "action": self.action.value,
            "id": self.id,
            "before": encode(self.before),
            "after": encode(self.after),
            "changed": list(self.changed),
            "resets": list(self.resets),
            "depends_on": [str(address) for address in self.depends_on],
            "released_from": [str(address) for address in self.released_from],
            "previous_address": self.previous_address and str(self.previous_address),
            "previous_type": self.previous_type,
            "sha256": self.upload and self.upload.sha256,
            "inline": [upload.sha256 for upload in self.inline],
            "secrets": [
                [list(path), secret.source and asdict(secret.source)]
                for path, secret in spots(self.written(), Sealed)
            ],
            "leftover": self.leftover,
            "protect": self.protect,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftedResource:
    """What somebody changed behind our back on one address; ``deleted`` when it is gone."""

    address: Address
    type: str
    id: str
    fields: tuple[Drift, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The figures of the summary line."""

    add: int = 0
    change: int = 0
    destroy: int = 0
    adopt: int = 0
    move: int = 0
    forget: int = 0

    @property
    def nothing(self) -> bool:
        return self == Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A frozen plan. ``changes`` holds every resource, in execution order, no-ops included.

    id: random, names this very plan; digest: equal for equal plans, whenever they are made.
    platform: the base URL (or ``local``) it was made against.
    selection: with --target or --exclude, why each address is part of the plan.
    notes: sentences for the user (repairs, possible orphans).
    """

    id: str
    created_at: str
    project: str
    stack: str
    lineage: str
    serial: int
    platform: str
    changes: tuple[Change, ...]
    drift: tuple[DriftedResource, ...] = ()
    notes: tuple[str, ...] = ()
    selection: Mapping[str, str] = field(default_factory=dict)

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action is not Action.NO_OP)

    @property
    def empty(self) -> bool:
        return not self.pending

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of what an apply would do."""
        essence = [change.essence() for change in self.pending]
        return digest([self.project, self.stack, self.platform, essence])

    def counts(self) -> Counts:
        """Count as Terraform does: a replacement adds one and destroys one."""
        n = Counter(change.action for change in self.changes)
        updated = sum(
            1 for c in self.changes if c.action in (Action.ADOPT, Action.MOVE) and c.alters
        )
        return Counts(
            add=n[Action.CREATE] + n[Action.REPLACE],
            change=n[Action.UPDATE] + updated,
            destroy=n[Action.DELETE] + n[Action.REPLACE],
            adopt=n[Action.ADOPT],
            move=n[Action.MOVE],
            forget=n[Action.FORGET],
        )
