"""Runs checks: every sample in a conversation of its own, many checks at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from retinue.engine.tasks import together
from retinue.errors import (
    AuthenticationFailed,
    FamilyGone,
    RateLimited,
    RetinueError,
    Unavailable,
)
from retinue.manifest.model_checks import Check
from retinue.talk.answers import Answer, Collector
from retinue.talk.conversation import Conversation, Party, Role
from retinue.talk.events import Usage
from retinue.talk.expectations import inapplicable, unmet
from retinue.talk.judging import case_for, read_verdict, role_of
from retinue.talk.tracing import OFF, Tracer

_OUTAGES = (FamilyGone, RateLimited, Unavailable)
"""What is wrong with a platform, and not with what it was asked."""


@dataclass(frozen=True, slots=True)
class Case:
    """A check and the assistant that it asks."""

    party: Party
    check: Check


@dataclass(frozen=True, slots=True)
class Sample:
    """One time that a check was asked. ``reasons``: what was not as expected, none if it passed.
    ``attempts``: how often it was asked, with the retries. ``error``: why there is no answer."""

    reasons: tuple[str, ...]
    answer: str
    seconds: float
    usage: Usage
    attempts: int = 1
    error: RetinueError | None = None

    @property
    def passed(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Result:
    """What a check came to. There are fewer samples than asked for once the outcome is clear."""

    case: Case
    samples: tuple[Sample, ...]

    @property
    def passes(self) -> int:
        return sum(sample.passed for sample in self.samples)

    @property
    def passed(self) -> bool:
        return self.passes >= self.case.check.passes

    @property
    def seconds(self) -> float:
        return sum(sample.seconds for sample in self.samples)

    @property
    def usage(self) -> Usage:
        return sum((sample.usage for sample in self.samples), Usage())


class Begin(Protocol):
    """Opens a conversation: with an assistant in another ``role``, or going on with the one whose
    ID is ``thread``. ``keep`` leaves attached files on the platform."""

    def __call__(
        self,
        party: Party,
        *,
        role: Role | None = None,
        thread: str | None = None,
        keep: bool = False,
    ) -> Conversation: ...


def nothing(result: Result) -> None:
    """The report of those who don't want to know."""
    del result


async def run_suite(
    cases: Sequence[Case],
    begin: Begin,
    tracer: Tracer = OFF,
    *,
    parallelism: int,
    report: Callable[[Result], None] = nothing,
) -> list[Result]:
    """Run every case; ``report`` is told of each as it ends. Results are in the cases' order.

    Raises:
        AuthenticationFailed: the platform refuses the key, so that no check can be asked.
    """
    places = asyncio.Semaphore(parallelism)

    async def one(case: Case) -> Result:
        async with places:
            result = await _traced(case, begin, tracer)
        report(result)
        return result

    return await together(one(case) for case in cases)


def outage(results: Sequence[Result]) -> RetinueError | None:
    """Why the platform answered no check at all, where that says nothing of any single one; None
    if it did, or there was none to answer."""
    errors = [sample.error for result in results for sample in result.samples]
    return errors[0] if errors and all(isinstance(each, _OUTAGES) for each in errors) else None


async def _traced(case: Case, begin: Begin, tracer: Tracer) -> Result:
    name = case.check.name
    attributes = {"retinue.check": name, "retinue.address": str(case.party.address)}
    with tracer.span(f"check {name}", attributes) as span:
        result = await run_case(case, begin)
        span.set({"retinue.check.passed": result.passed})
        if not result.passed:
            span.fail("check_failed", "the answer is not as expected")
        return result


async def run_case(case: Case, begin: Begin) -> Result:
    """Ask until it is clear whether enough samples pass."""
    check = case.check
    samples: list[Sample] = []
    passed = 0
    while passed < check.passes and check.samples - len(samples) + passed >= check.passes:
        if len(samples) == check.samples:
            break
        samples.append(await _sample(case, begin))
        passed += samples[-1].passed
    return Result(case, tuple(samples))


async def _sample(case: Case, begin: Begin) -> Sample:
    """One sample: asked again as often as the check allows, until it passes."""
    seconds, usage = 0.0, Usage()
    for attempt in range(1, case.check.retries + 2):
        sample = await _attempt(case, begin)
        seconds, usage = seconds + sample.seconds, usage + sample.usage
        if sample.passed or attempt > case.check.retries:
            return replace(sample, seconds=seconds, usage=usage, attempts=attempt)
    raise AssertionError("unreachable: the last attempt returns")


async def _attempt(case: Case, begin: Begin) -> Sample:
    impossible = inapplicable(case.check, case.party.target)
    if impossible:
        return Sample(tuple(impossible), "", 0.0, Usage())
    try:
        answers = await _ask(begin(case.party), case.check.ask)
        reasons = unmet(case.check, answers)
        verdict, spent = await _judged(case, answers[-1], begin) if not reasons else (None, Usage())
    except AuthenticationFailed:
        raise
    except RetinueError as error:
        return Sample((error.message,), "", 0.0, Usage(), error=error)
    usage = sum((answer.usage for answer in answers if answer.usage), spent)
    seconds = sum(answer.seconds for answer in answers)
    return Sample((*reasons, *([verdict] if verdict else [])), answers[-1].text, seconds, usage)


async def _ask(conversation: Conversation, turns: Sequence[str]) -> list[Answer]:
    """Every turn's answer; the conversation is deleted afterwards."""
    answers: list[Answer] = []
    try:
        for turn in turns:
            collector = Collector()
            async for event in conversation.ask(turn):
                collector.feed(event)
            answers.append(collector.answer())
            if not answers[-1].complete:
                break
    finally:
        await conversation.close(forget=True)
    return answers


async def _judged(case: Case, answer: Answer, begin: Begin) -> tuple[str | None, Usage]:
    """Why the judge lets the answer fail, None if it passes or there is no judge."""
    judge = case.check.judge
    if judge is None:
        return None, Usage()
    question = case_for(judge, "\n\n".join(case.check.ask), answer.text)
    [said] = await _ask(begin(case.party, role=role_of(judge)), [question])
    usage = said.usage or Usage()
    if not said.complete:
        return f"the judge did not answer: {said.reason}", usage
    verdict = read_verdict(said.text)
    return (None if verdict.passed else f"the judge: {verdict.reason}"), usage
