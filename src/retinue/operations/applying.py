"""Apply: under the lease, repair, plan (or check a saved plan), ask, execute, save."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from retinue.engine.apply import Outcome, execute
from retinue.engine.entry import ConsumedPlan
from retinue.engine.events import Note
from retinue.engine.perform import Performer
from retinue.engine.plan import Plan
from retinue.engine.ports import Clock, Reporter, Stop
from retinue.engine.repair import Repaired
from retinue.operations.planning import Planned, PlanOptions, Wanted, make_plan
from retinue.operations.saved import check_saved
from retinue.operations.session import Session, open_session, state_of
from retinue.project import Project
from retinue.state.journal import JournalLedger

Approve = Callable[[Planned], bool]
"""Shown the plan; says whether to go on. Raises `Refused` where it may not be asked."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The plan, and what became of it; no outcome when it was not approved or had no changes."""

    planned: Planned
    outcome: Outcome | None


class Opener(Protocol):
    """Connects to a project's platform; `open_session` is the one that is used outside tests."""

    def __call__(
        self, project: Project, *, parallelism: int
    ) -> AbstractAsyncContextManager[Session]: ...


@dataclass(frozen=True, slots=True)
class Run:
    """What an apply needs besides the plan. parallelism: requests and steps at once."""

    parallelism: int
    report: Reporter
    stop: Stop
    clock: Clock = field(default_factory=Clock)
    connect: Opener = open_session


async def apply(
    project: Project, want: Wanted, options: PlanOptions, approve: Approve, run: Run
) -> Applied:
    """Plan and apply under the lease.

    Raises:
        Locked, StateError, PlatformError, UsageError, Refused: before anything was changed.
    """
    async with _opened(project, run) as (session, ledger):
        planned = await make_plan(session, ledger.snapshot, want, options)
        await _keep_repairs(ledger, planned.repaired)
        if planned.plan.empty or not approve(planned):
            return Applied(planned, None)
        return Applied(planned, await _carry_out(session, ledger, planned.plan, run))


async def apply_saved(
    project: Project, plan: Plan, approve: Approve, run: Run, *, forced: bool = False
) -> Applied:
    """Apply a plan that was made earlier, if all it touches is as it was.

    Raises:
        PlanStale: it is not, or the plan was applied before. Others as `apply`.
    """
    async with _opened(project, run) as (session, ledger):
        planned = await check_saved(session, ledger.snapshot, plan, forced=forced)
        await _keep_repairs(ledger, planned.repaired)
        if plan.empty or not approve(planned):
            return Applied(planned, None)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        await ledger.consume(ConsumedPlan(plan.id, now))
        return Applied(planned, await _carry_out(session, ledger, plan, run))


@contextlib.asynccontextmanager
async def _opened(project: Project, run: Run) -> AsyncIterator[tuple[Session, JournalLedger]]:
    async with (
        run.connect(project, parallelism=run.parallelism) as session,
        state_of(project).session(lambda text: run.report(Note(text))) as ledger,
    ):
        yield session, ledger


async def _keep_repairs(ledger: JournalLedger, repaired: Repaired) -> None:
    """Write down what the repair found out, before anything new is begun."""
    for operation, entry in repaired.recorded.items():
        await ledger.record({entry.address: entry}, operation)
    for operation in repaired.settled:
        if operation not in repaired.recorded:
            await ledger.settle(operation)


async def _carry_out(session: Session, ledger: JournalLedger, plan: Plan, run: Run) -> Outcome:
    performer = Performer(session.adapters, ledger, run.report, run.clock)
    return await execute(
        plan, performer, parallelism=run.parallelism, report=run.report, stop=run.stop
    )
