"""The executor: order, failures that skip only what waits for them, and stopping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.worlds.build import at, change, plan

from retinue.engine.apply import Outcome, execute
from retinue.engine.events import Event, StepDone, StepFailed, StepSkipped, StepStarted
from retinue.engine.plan import Action, Change
from retinue.engine.ports import Stop
from retinue.engine.steps import Step
from retinue.errors import PlatformError


@dataclass
class Hands:
    """Does steps by noting them; ``fails`` are addresses that go wrong."""

    fails: frozenset[str] = frozenset()
    did: list[str] = field(default_factory=list)
    most: int = 0
    now: int = 0
    after_each: Callable[[], None] = lambda: None

    async def perform(self, step: Step, change: Change) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if step.address.name in self.fails:
            raise PlatformError("no")
        self.did.append(f"{step.phase.name.lower()} {step.address.name}")
        self.after_each()
        return change.id or ""


def carried_out(
    hands: Hands, *changes: Change, parallelism: int = 4, stop: Stop | None = None
) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []

    def report(event: Event) -> None:
        events.append(event)

    async def work() -> Outcome:
        return await execute(
            plan(*changes),
            hands,
            parallelism=parallelism,
            report=report,
            stop=stop or Stop(),
        )

    return asyncio.run(work()), events


CHAIN = (
    change(Action.CREATE, "file"),
    change(Action.CREATE, "store", "file"),
    change(Action.CREATE, "assistant", "store"),
    change(Action.CREATE, "other"),
)


def test_steps_run_in_the_order_of_their_needs() -> None:
    hands = Hands()
    outcome, _ = carried_out(hands, *CHAIN, parallelism=1)
    assert hands.did == ["write file", "write other", "write store", "write assistant"]
    assert outcome.complete
    assert not outcome.interrupted


def test_independent_steps_run_side_by_side_and_never_too_many() -> None:
    many = [change(Action.CREATE, f"r{n}") for n in range(10)]
    for parallelism in (1, 3, 20):
        hands = Hands()
        carried_out(hands, *many, parallelism=parallelism)
        assert hands.most == min(parallelism, 10)


def test_a_failure_skips_what_waits_for_it_and_nothing_else() -> None:
    hands = Hands(fails=frozenset({"file"}))
    outcome, events = carried_out(hands, *CHAIN)
    assert hands.did == ["write other"]
    assert [each.step.address for each in outcome.failed] == [at("file")]
    assert {step.address: because for step, because in outcome.skipped} == {
        at("store"): at("file"),
        at("assistant"): at("store"),
    }
    assert not outcome.complete
    kinds = [type(event) for event in events]
    assert kinds.count(StepFailed) == 1
    assert kinds.count(StepSkipped) == 2


def test_an_old_object_is_kept_when_a_user_of_it_could_not_be_changed() -> None:
    hands = Hands(fails=frozenset({"store"}))
    carried_out(
        hands,
        change(Action.REPLACE, "file"),
        change(Action.UPDATE, "store", "file", frees=["file"]),
    )
    assert hands.did == ["write file"]


def test_after_a_stop_nothing_new_begins() -> None:
    stop = Stop()
    hands = Hands(after_each=stop.request)
    outcome, _ = carried_out(hands, *CHAIN, parallelism=1, stop=stop)
    assert hands.did == ["write file"]
    assert outcome.interrupted
    assert all(because is None for _, because in outcome.skipped)
    assert len(outcome.skipped) == 3


def test_a_stop_after_the_last_step_interrupts_nothing() -> None:
    stop = Stop()
    outcome, _ = carried_out(Hands(after_each=stop.request), CHAIN[0], stop=stop)
    assert outcome.complete
    assert not outcome.interrupted


def test_every_step_is_told_of_when_it_begins_and_when_it_ends() -> None:
    _, events = carried_out(Hands(), *CHAIN)
    began = [event for event in events if isinstance(event, StepStarted)]
    ended = [event for event in events if isinstance(event, StepDone)]
    assert sorted(event.position for event in began) == [1, 2, 3, 4]
    assert {event.total for event in began} == {4}
    assert len(ended) == 4


def test_a_replacement_that_failed_is_told_of_once() -> None:
    outcome, events = carried_out(Hands(frozenset({"a"})), change(Action.REPLACE, "a"))
    assert [failure.step.address for failure in outcome.failed] == [at("a")]
    assert outcome.skipped == ()
    assert not any(isinstance(event, StepSkipped) for event in events)
