"""Execute a plan: steps in dependency order, bounded in parallel, one failure skipping only what
waits for it.

The executor decides when a step may start and what a failure means; `retinue.engine.perform`
does the single step.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from retinue.address import Address
from retinue.engine.events import (
    StepDone,
    StepFailed,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from retinue.engine.plan import Action, Change, Plan
from retinue.engine.ports import Reporter, Stop
from retinue.engine.steps import Schedule, Step, followers, schedule
from retinue.errors import Interrupted

HEARTBEAT = 10.0
"""Seconds of silence after which the steps under way are told of."""


class Performs(Protocol):
    """Does one step and records it; on a platform that is `retinue.engine.perform.Performer`."""

    async def perform(self, step: Step, change: Change) -> str:
        """Returns the ID of the object concerned."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed, and why."""

    step: Step
    error: Exception


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an apply did: every step is in exactly one of the three.

    skipped: step and the address that it waited for (None: stopped by a signal).
    """

    done: tuple[tuple[Step, Action], ...]
    failed: tuple[Failure, ...]
    skipped: tuple[tuple[Step, Address | None], ...]
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        return not (self.failed or self.skipped)


async def execute(
    plan: Plan, performer: Performs, *, parallelism: int, report: Reporter, stop: Stop
) -> Outcome:
    """Carry ``plan`` out. Failures are part of the outcome, never raised.

    parallelism: how many steps run at once.
    """
    run = _Run(plan.pending, performer, report, stop)
    await run.drive(parallelism)
    return run.outcome()


@dataclass(slots=True)
class _Run:
    """The moving parts of one execution."""

    changes: Sequence[Change]
    performer: Performs
    report: Reporter
    stop: Stop
    done: list[tuple[Step, Action]] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    skipped: dict[Step, Address | None] = field(default_factory=dict)
    began: dict[Step, float] = field(default_factory=dict)
    plan: Schedule = field(init=False)
    waiting: dict[Step, set[Step]] = field(init=False)
    ready: list[tuple[int, Step]] = field(init=False, default_factory=list)
    rank: dict[Step, int] = field(init=False)
    after: dict[Step, set[Step]] = field(init=False)

    def __post_init__(self) -> None:
        self.plan = schedule(self.changes)
        self.rank = {step: number for number, step in enumerate(self.plan.ordered())}
        self.waiting = {step: set(before) for step, before in self.plan.waits_for.items()}
        self.after = followers(self.plan)
        for step, before in self.waiting.items():
            if not before:
                heapq.heappush(self.ready, (self.rank[step], step))

    async def drive(self, parallelism: int) -> None:
        running: dict[asyncio.Task[None], Step] = {}
        while True:
            while self.ready and len(running) < parallelism and not self.stop.requested:
                _, step = heapq.heappop(self.ready)
                running[asyncio.create_task(self._run(step))] = step
            if not running:
                break
            finished, _ = await asyncio.wait(
                running, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
            )
            for task in finished:
                self._settle(running.pop(task), task)
            if not finished:
                self._still_at_work(running.values())
        self._skip_unstarted()

    async def _run(self, step: Step) -> None:
        change = self.plan.changes[step]
        self.began[step] = time.monotonic()
        position, total = len(self.began), len(self.plan.changes)
        self.report(StepStarted(step.address, change.action, step.phase, position, total))
        object_id = await self.performer.perform(step, change)
        seconds = time.monotonic() - self.began[step]
        self.report(StepDone(step.address, change.action, step.phase, object_id, seconds))

    def _still_at_work(self, steps: Iterable[Step]) -> None:
        now = time.monotonic()
        for step in sorted(steps, key=self.rank.__getitem__):
            action, seconds = self.plan.changes[step].action, now - self.began[step]
            self.report(StepProgress(step.address, action, step.phase, seconds))

    def _settle(self, step: Step, task: asyncio.Task[None]) -> None:
        error = task.exception()
        action = self.plan.changes[step].action
        if error is None:
            self.done.append((step, action))
            self._release(step)
        elif isinstance(error, Interrupted):
            self._skip(step, None)
        elif isinstance(error, Exception):
            self.failed.append(Failure(step, error))
            self.report(StepFailed(step.address, action, step.phase, error))
            self._skip_followers(step)
        else:
            raise error

    def _release(self, step: Step) -> None:
        for follower in self.after[step]:
            self.waiting[follower].discard(step)
            if not self.waiting[follower] and follower not in self.skipped:
                heapq.heappush(self.ready, (self.rank[follower], follower))

    def _skip_followers(self, failed: Step) -> None:
        todo = [failed]
        while todo:
            step = todo.pop()
            for follower in sorted(self.after[step]):
                if follower not in self.skipped:
                    self._skip(follower, step.address)
                    todo.append(follower)

    def _skip(self, step: Step, because: Address | None) -> None:
        """A second step of what failed is part of the failure, and nothing to tell."""
        self.skipped[step] = because
        if because == step.address:
            return
        action = self.plan.changes[step].action
        self.report(StepSkipped(step.address, action, step.phase, because))

    def _skip_unstarted(self) -> None:
        finished = {step for step, _ in self.done} | {failure.step for failure in self.failed}
        for step in self.rank:
            if step not in finished and step not in self.skipped:
                self._skip(step, None)

    def outcome(self) -> Outcome:
        return Outcome(
            tuple(self.done),
            tuple(self.failed),
            tuple((step, why) for step, why in self.skipped.items() if why != step.address),
            interrupted=self.stop.requested and None in self.skipped.values(),
        )
