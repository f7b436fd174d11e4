"""What an apply refuses to do without more words. Pure.

The verdict is part of every preview: a plan that apply would refuse is still shown, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from retinue.address import Address
from retinue.engine.limits import Limits
from retinue.engine.plan import Action, Change, Plan, Reason

ELSEWHERE = "RTN-REFUSED-PLATFORM"
"""The code of a plan for another platform than the one that the state's objects are on."""


class Approval(StrEnum):
    """What may be done without asking: ``--auto-approve=create,update,delete``."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why apply would stop, and how to go on. ``addresses`` are those concerned."""

    code: str
    message: str
    hint: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every reason; none means that the plan is safe to apply."""

    refusals: tuple[Refusal, ...] = ()

    @property
    def safe(self) -> bool:
        return not self.refusals


def judge(
    plan: Plan,
    limits: Limits,
    *,
    existing: int,
    home: str = "",
    forced: bool = False,
    destroy: bool = False,
    others: Iterable[Refusal] = (),
) -> Verdict:
    """Judge a plan over ``existing`` resources, whose objects were last seen on ``home``.

    ``forced`` lifts everything but protection; ``destroy`` lifts the shares: all is meant to go.
    ``others`` are refusals that the plan alone does not show.
    """
    refusals = [*_protected(plan.pending), *others]
    if not forced and plan.pending and home not in ("", plan.platform):
        refusals.append(_elsewhere(home, plan.platform))
    if not (forced or destroy) and existing >= limits.min_existing:
        refusals.extend(_shares(plan, limits, existing))
    return Verdict(tuple(refusals))


def _elsewhere(home: str, platform: str) -> Refusal:
    return Refusal(
        ELSEWHERE,
        f"the state's objects are on {home}, this plan is for {platform}",
        "correct platform.base_url, or give the new platform a stack of its own; "
        "if both are the same platform: retinue apply --force",
    )


def _protected(changes: Iterable[Change]) -> Iterable[Refusal]:
    struck = tuple(
        sorted(
            c.address
            for c in changes
            if (c.protected or c.protect) and c.destroys and not c.leftover
        )
    )
    if struck:
        names = ", ".join(map(str, struck))
        yield Refusal(
            "RTN-REFUSED-PROTECTED",
            f"protected: {names}",
            "apply the manifest with lifecycle.protect: false first",
            struck,
        )


def _loses(change: Change) -> bool:
    """Whether the address is left without the object that it names today."""
    return change.action is Action.DELETE and not change.leftover


def _shares(plan: Plan, limits: Limits, existing: int) -> Iterable[Refusal]:
    deleted = [c.address for c in plan.pending if _loses(c)]
    updated = [c.address for c in plan.pending if c.action in (Action.UPDATE, Action.REPLACE)]
    for verb, done, addresses, most in (
        ("delete", "delete", deleted, limits.max_delete_percent),
        ("update", "update or replace", updated, limits.max_update_percent),
    ):
        share = 100 * len(addresses) / existing
        if share > most:
            yield Refusal(
                f"RTN-REFUSED-{verb.upper()}-SHARE",
                f"would {done} {len(addresses)} of {existing} resources ({share:.0f} %); "
                f"the limit is {most} %",
                f"if that is meant: --force, or safety.max_{verb}_percent in retinue.yaml",
                tuple(sorted(addresses)),
            )


def unapproved(plan: Plan, granted: Collection[Approval]) -> set[Approval]:
    """The kinds of change in ``plan`` that nobody has approved yet."""
    needed = {need for change in plan.pending for need in _needs(change)}
    return needed - set(granted)


def _needs(change: Change) -> Iterable[Approval]:
    if change.action in (Action.CREATE, Action.REPLACE):
        yield Approval.CREATE
    if change.action is Action.REPLACE:
        # Elsewhere, what the old object was used by is not what the new one is used by.
        elsewhere = change.reason is Reason.TARGET
        yield Approval.DELETE if elsewhere else Approval.UPDATE
    if change.action in (Action.UPDATE, Action.ADOPT, Action.MOVE, Action.FORGET):
        yield Approval.UPDATE
    if change.action is Action.DELETE:
        yield Approval.DELETE if _loses(change) else Approval.UPDATE
