"""Make a plan: read what is live, settle what an earlier run left, compare, judge.

Writes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from retinue.address import Address
from retinue.engine.adoption import adopt
from retinue.engine.entry import Snapshot
from retinue.engine.events import RefreshDone, RefreshStarted
from retinue.engine.facts import Facts
from retinue.engine.inventory import Inventory
from retinue.engine.moves import move
from retinue.engine.plan import Plan
from retinue.engine.planner import build_changes
from retinue.engine.ports import SYSTEM, Clock, Reporter, silent
from retinue.engine.refresh import refresh
from retinue.engine.repair import Repaired, repair
from retinue.engine.safety import Refusal, Verdict, judge
from retinue.engine.selection import choose
from retinue.kinds.base import Live, Resource
from retinue.operations.alike import look_alikes, used_by_ours
from retinue.operations.contained import swept_away
from retinue.operations.declared import on_openai
from retinue.operations.desired import Wanted
from retinue.operations.leaving import left_behind
from retinue.operations.observed import vanished
from retinue.operations.recovery import recover_files
from retinue.operations.session import Session
from retinue.operations.unread import missing_secrets, without_secrets
from retinue.project import OpenAIPlatform
from retinue.targets.models import retirements


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """targets, excludes: address patterns. destroy: plan to delete everything. forced: the shares
    of deletions and updates don't count. preview: nobody applies this plan; secrets may be missing.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    destroy: bool = False
    forced: bool = False
    preview: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Planned:
    """A plan, what safety says of it, and the repairs that it takes for granted.

    previous: what moved addresses are still called in the state.

    Without a repr: asyncio.run formats what its task returns, and this is the whole stack.
    """

    plan: Plan
    verdict: Verdict
    repaired: Repaired
    previous: Mapping[Address, Address] = field(default_factory=dict)


async def make_plan(
    session: Session,
    snapshot: Snapshot,
    want: Wanted,
    options: PlanOptions,
    report: Reporter = silent,
    *,
    clock: Clock = SYSTEM,
) -> Planned:
    """Plan from ``snapshot`` to ``want``; ``report`` is told when reading starts and ends.

    Raises:
        PlatformError: the platform can't be read. UsageError: a pattern fits nothing.
        SecretUnreadable: something that the plan is about has secrets that aren't there.
    """
    desired = {} if options.destroy else want.desired
    moved = move(snapshot, () if options.destroy else want.moves)
    report(RefreshStarted(len(moved.snapshot.entries)))
    inventory = await read_live(session, moved.snapshot, desired)
    report(RefreshDone(len(moved.snapshot.entries)))
    types = {address: resource.type.name for address, resource in desired.items()}
    repaired = repair(moved.snapshot, inventory, now=clock.now(), wanted=types)
    adoptable, found = await _untracked(session, repaired, desired, types)
    facts = Facts(
        desired=desired,
        snapshot=repaired.snapshot,
        live=repaired.inventory.live,
        types={name: adapter.type for name, adapter in session.adapters.items()},
        adoptable=adoptable,
        previous=moved.previous,
        forget=want.forget,
        unread=want.unread.keys(),
        closed=repaired.inventory.closed,
        destroy=options.destroy,
    )
    left = left_behind(repaired.snapshot, repaired.inventory, session.platform)
    notes = (*repaired.notes, *found, *left, *await _retirements(session, desired, clock))
    plan = _plan(session, facts, options, notes)
    tracked = repaired.snapshot.objects()
    plan, refusals = await _outside(session, plan, want, desired, options, tracked=tracked)
    verdict = judge(
        plan,
        session.project.safety,
        existing=len(repaired.snapshot.entries),
        home=snapshot.home,
        forced=options.forced,
        destroy=options.destroy,
        others=refusals,
    )
    return Planned(plan, verdict, repaired, moved.previous)


async def _untracked(
    session: Session,
    repaired: Repaired,
    desired: Mapping[Address, Resource],
    types: Mapping[Address, str],
) -> tuple[Mapping[Address, Live], list[str]]:
    """Objects of ours that the state does not name: those to adopt, and what to know of others."""
    there = repaired.alive.keys()
    files = await recover_files(session.adapters, repaired, desired)
    alike = await look_alikes(
        session.adapters, desired, there=there, taken=repaired.snapshot.objects()
    )
    adoption = adopt((*repaired.inventory.marked, *files), types, there)
    used = used_by_ours(alike, desired, adoption.adoptable)
    adoptable = {**adoption.adoptable, **{found.address: found.live for found in used}}
    others = [each.note() for each in alike if each.address not in adoptable]
    return adoptable, [*adoption.notes, *others]


async def _outside(
    session: Session,
    plan: Plan,
    want: Wanted,
    desired: Mapping[Address, Resource],
    options: PlanOptions,
    *,
    tracked: Collection[str],
) -> tuple[Plan, list[Refusal]]:
    """What ``plan`` needs from elsewhere, and lacks: secrets, and objects of somebody else; and
    what of theirs it would delete.

    Raises:
        SecretUnreadable: secrets are missing, and this is no preview.
    """
    missing = without_secrets(plan, want, desired)
    if missing and not options.preview:
        raise missing_secrets(missing)
    gone = await vanished(session.adapters, plan, desired)
    refused = [] if options.forced else [each for each in gone if each.pending]
    told = [each.note() for each in missing]
    told += [each.note() for each in gone if each not in refused]
    swept = await swept_away(session.adapters, plan, tracked)
    if options.forced:
        told += [each.message for each in swept]
        swept = []
    refusals = [*(each.refusal() for each in refused), *swept]
    return replace(plan, notes=(*plan.notes, *told)), refusals


async def _retirements(
    session: Session, desired: Mapping[Address, Resource], clock: Clock
) -> list[str]:
    """What to know of the models that the platform, or OpenAI, is going to shut down."""
    used = {a: r.values["model"] for a, r in desired.items() if a.kind == "assistant"}
    if not used or not isinstance(session.project.platform, OpenAIPlatform):
        return []
    listed = await session.models()
    dated = any("shutdown_date" in model for model in listed)
    if not (dated or on_openai(session.project)):
        return []
    today = datetime.fromtimestamp(clock.now(), UTC).date()
    return list(retirements(listed, used, today))


async def read_live(
    session: Session, snapshot: Snapshot, desired: Mapping[Address, Resource]
) -> Inventory:
    """Refresh what is tracked, and look for ours among the rest when something is missing."""
    declared = [(resource.type.name, address) for address, resource in desired.items()]
    return await refresh(session.adapters, snapshot, declared=declared)


def _plan(session: Session, facts: Facts, options: PlanOptions, notes: tuple[str, ...]) -> Plan:
    changes, drift = build_changes(facts)
    selected = choose(changes, targets=options.targets, excludes=options.excludes)
    kept = {change.address for change in selected.changes}
    return Plan(
        id=uuid.uuid4().hex,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        project=facts.snapshot.project,
        stack=facts.snapshot.stack,
        lineage=facts.snapshot.lineage,
        serial=facts.snapshot.serial,
        platform=session.platform,
        changes=selected.changes,
        drift=tuple(item for item in drift if item.address in kept),
        notes=notes,
        selection={str(address): why for address, why in selected.reasons.items()},
    )
