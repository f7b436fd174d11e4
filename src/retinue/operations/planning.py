"""Make a plan: read what is live, settle what an earlier run left, compare, judge.

Writes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from retinue.address import Address
from retinue.engine.adoption import adopt
from retinue.engine.entry import Snapshot
from retinue.engine.events import RefreshDone, RefreshStarted
from retinue.engine.inventory import Inventory
from retinue.engine.moves import move
from retinue.engine.plan import Plan
from retinue.engine.planner import Facts, build_changes
from retinue.engine.ports import SYSTEM, Clock, Reporter, silent
from retinue.engine.refresh import refresh
from retinue.engine.repair import Repaired, repair
from retinue.engine.safety import Limits, Verdict, judge
from retinue.engine.selection import choose
from retinue.kinds.base import Resource
from retinue.manifest.model import Manifest
from retinue.operations.recovery import recover_files
from retinue.operations.session import Session
from retinue.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """targets, excludes: address patterns. destroy: plan to delete everything. forced: the shares
    of deletions and updates don't count."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    destroy: bool = False
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the manifests want: compiled resources, moves, and objects to leave on the platform."""

    desired: Mapping[Address, Resource] = field(default_factory=dict)
    moves: tuple[tuple[Address, Address], ...] = ()
    forget: frozenset[Address] = frozenset()


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


def wanted(desired: Mapping[Address, Resource], manifest: Manifest) -> Wanted:
    """Bundle the compiled resources with the manifests' moves and removals."""
    return Wanted(
        desired=desired,
        moves=tuple((entry.source, entry.target) for entry in manifest.moves),
        forget=frozenset(entry.address for entry in manifest.removals if not entry.destroy),
    )


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
    """
    desired = {} if options.destroy else want.desired
    moved = move(snapshot, () if options.destroy else want.moves)
    report(RefreshStarted(len(moved.snapshot.entries)))
    inventory = await read_live(session, moved.snapshot, desired)
    report(RefreshDone(len(moved.snapshot.entries)))
    repaired = repair(moved.snapshot, inventory, now=clock.now())
    found = await recover_files(session.adapters, repaired, desired)
    tracked = repaired.snapshot.entries.keys()
    adoption = adopt((*repaired.inventory.marked, *found), desired.keys(), tracked)
    facts = Facts(
        desired=desired,
        snapshot=repaired.snapshot,
        live=repaired.inventory.live,
        types={name: adapter.type for name, adapter in session.adapters.items()},
        adoptable=adoption.adoptable,
        previous=moved.previous,
        forget=want.forget,
        destroy=options.destroy,
    )
    plan = _plan(session, facts, options, (*repaired.notes, *adoption.notes))
    verdict = judge(
        plan,
        limits_of(session.project),
        existing=len(repaired.snapshot.entries),
        home=snapshot.home,
        forced=options.forced,
        destroy=options.destroy,
    )
    return Planned(plan, verdict, repaired, moved.previous)


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


def limits_of(project: Project) -> Limits:
    """The project's safety settings as the engine takes them."""
    safety = project.safety
    return Limits(
        max_delete_percent=safety.max_delete_percent,
        max_update_percent=safety.max_update_percent,
        min_existing=safety.min_existing,
    )
