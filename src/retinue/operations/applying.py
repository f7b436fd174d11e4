"""Apply: under the lease, repair, plan (or check a saved plan), ask, execute, save."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from retinue.address import Address
from retinue.engine.apply import Outcome, execute
from retinue.engine.creating import Creator
from retinue.engine.entry import ConsumedPlan, Entry
from retinue.engine.events import Note
from retinue.engine.perform import Performer
from retinue.engine.plan import Action, Plan
from retinue.engine.ports import SYSTEM, Clock, Reporter, Stop
from retinue.engine.tasks import unless_stopped
from retinue.errors import PlanStale, SecretUnreadable
from retinue.kinds.values import Sealed, spots
from retinue.operations.desired import Wanted, secrets_of
from retinue.operations.planning import Planned, PlanOptions, make_plan
from retinue.operations.saved import check_saved
from retinue.operations.session import Opener, Session, open_session, state_of
from retinue.project import Project
from retinue.state.journal import JournalLedger

Approve = Callable[[Planned], bool]
"""Shown the plan; says whether to go on. Raises `Refused` where it may not be asked."""


@dataclass(frozen=True, slots=True, repr=False)
class Applied:
    """The plan, and what became of it; no outcome when it was not approved or had no changes."""

    planned: Planned
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Run:
    """What an apply needs besides the plan. parallelism: requests at once."""

    parallelism: int
    report: Reporter
    stop: Stop
    clock: Clock = SYSTEM
    connect: Opener = open_session


async def apply(
    project: Project, want: Wanted, options: PlanOptions, approve: Approve, run: Run
) -> Applied:
    """Plan and apply under the lease.

    Raises:
        Locked, StateError, PlatformError, UsageError, Refused, Interrupted: before anything was
            changed.
    """
    async with _opened(project, run) as (session, ledger):
        planning = make_plan(session, ledger.snapshot, want, options, run.report, clock=run.clock)
        planned = await unless_stopped(planning, run.stop)
        await _keep_repairs(ledger, planned)
        if not planned.plan.empty and not approve(planned):
            return Applied(planned, None)
        await ledger.reach(session.platform)
        await _renew_records(ledger, planned.plan)
        if planned.plan.empty:
            return Applied(planned, None)
        outcome = await _carry_out(session, ledger, planned.plan, want.unseal, run)
        return Applied(planned, outcome)


async def apply_saved(
    project: Project, plan: Plan, approve: Approve, run: Run, *, forced: bool = False
) -> Applied:
    """Apply a plan that was made earlier, if all it touches is as it was.

    Raises:
        PlanStale: it is not, or the plan was applied before. Others as `apply`.
    """
    async with _opened(project, run) as (session, ledger):
        checking = check_saved(session, ledger.snapshot, plan, forced=forced, clock=run.clock)
        planned = await unless_stopped(checking, run.stop)
        await _keep_repairs(ledger, planned)
        unseal = secrets_of(project).open
        await asyncio.to_thread(_check_secrets, plan, unseal)
        if plan.empty or not approve(planned):
            return Applied(planned, None)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        await ledger.reach(session.platform)
        await ledger.consume(ConsumedPlan(plan.id, now))
        return Applied(planned, await _carry_out(session, ledger, plan, unseal, run))


@contextlib.asynccontextmanager
async def _opened(project: Project, run: Run) -> AsyncIterator[tuple[Session, JournalLedger]]:
    async with (
        run.connect(project, parallelism=run.parallelism) as session,
        state_of(project).session(lambda text: run.report(Note(text))) as ledger,
    ):
        yield session, ledger


async def _keep_repairs(ledger: JournalLedger, planned: Planned) -> None:
    """Write down what the repair found out, before anything new is begun."""
    repaired = planned.repaired
    for operation, entry in repaired.recorded.items():
        old = planned.previous.get(entry.address)
        renamed: dict[Address, Entry | None] = {} if old is None else {old: None}
        await ledger.record({**renamed, entry.address: entry}, operation)
    for operation in repaired.settled:
        if operation not in repaired.recorded:
            await ledger.settle(operation)


async def _renew_records(ledger: JournalLedger, plan: Plan) -> None:
    """Record what the manifests say now of resources that need no change on the platform.

    A field that left the manifest at the platform's default is no longer ours, for instance.
    """
    renewed: dict[Address, Entry | None] = {}
    for change in plan.changes:
        entry = ledger.entries.get(change.address)
        if change.action is Action.NO_OP and entry is not None:
            now = replace(entry, values=change.recorded(), depends_on=change.depends_on)
            if now != entry:
                renewed[change.address] = now
    if renewed:
        await ledger.record(renewed)


def _check_secrets(plan: Plan, unseal: Callable[[Sealed], str]) -> None:
    """Read every secret of a saved plan before anything is changed: it may be another by now.

    Raises:
        PlanStale, SecretUnreadable: one is another, or can't be read; with the address it is of.
    """
    for change in plan.pending:
        for _, secret in spots(change.written(), Sealed):
            try:
                unseal(secret)
            except (PlanStale, SecretUnreadable) as error:
                message = f"{change.address}: {error.message}"
                raise type(error)(message, hint=error.hint) from None


async def _carry_out(
    session: Session, ledger: JournalLedger, plan: Plan, unseal: Callable[[Sealed], str], run: Run
) -> Outcome:
    creator = Creator(ledger, run.report, run.clock)
    performer = Performer(session.adapters, ledger, creator, unseal)
    giving_up = asyncio.create_task(_give_up(session, run.stop))
    try:
        return await execute(
            plan, performer, parallelism=_steps(run), report=run.report, stop=run.stop
        )
    finally:
        giving_up.cancel()


def _steps(run: Run) -> int:
    """How many steps are under way at once: a quarter more than requests, for there are always some
    that write the journal or wait until files are indexed."""
    return run.parallelism * 5 // 4


async def _give_up(session: Session, stop: Stop) -> None:
    """What is under way is finished, but nobody sits a pause of minutes out first."""
    await stop.event.wait()
    session.give_up()
