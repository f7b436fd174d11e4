"""What conversations of every target share: following work on the platform until it is over.

Work that has begun goes on at the platform when its stream breaks off, so that a broken stream is
an error only before that; afterwards the work is polled to its end.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Final

from retinue.errors import PlatformError, Unavailable
from retinue.kinds.api import Object
from retinue.talk.conversation import Wire
from retinue.talk.events import Approval, Event, Failed, FunctionCall, StepDone, Usage

POLL_SECONDS: Final = 0.5
CANCEL_POLLS: Final = 20
"""How often work is looked at, at most, until it is cancelled: ten seconds."""


async def follow(
    where: str,
    raws: AsyncIterator[Object],
    read: Callable[[Object], AsyncIterator[Event]],
    begun: Callable[[], bool],
) -> AsyncIterator[Event]:
    """What ``read`` makes of a stream, as far as it goes.

    Raises:
        Unavailable: it ended, or broke off, before the work had ``begun``.
    """
    while (raw := await _next(raws, begun)) is not None:
        async for event in read(raw):
            yield event
    if not begun():
        raise Unavailable(f"{where}: the stream ended before the answer began")


async def _next(raws: AsyncIterator[Object], begun: Callable[[], bool]) -> Object | None:
    try:
        return await anext(raws, None)
    except Unavailable:
        if begun():
            return None
        raise


async def ended(
    wire: Wire, path: str, working: Collection[str], params: Object | None = None
) -> Object:
    """The object at ``path`` once it no longer has a status of ``working``."""
    found = await wire.get(path, params)
    while found.get("status") in working:
        await wire.pause(POLL_SECONDS)
        found = await wire.get(path, params)
    return found


async def cancelled(wire: Wire, path: str, working: Collection[str]) -> None:
    """Wait until what was told to stop has stopped, not for ever; never raises."""
    with contextlib.suppress(PlatformError):
        for _ in range(CANCEL_POLLS):
            found = await wire.get(path)
            if found.get("status") not in working:
                return
            await wire.pause(POLL_SECONDS)


def endless(rounds: int, usage: Usage | None = None) -> Failed:
    """The end of a model that has called functions for so many ``rounds``."""
    reason = f"the assistant called functions {rounds} times, and found no end"
    return Failed("failed", reason, usage=usage)


def given(call: FunctionCall, output: str) -> StepDone:
    """A function whose output is known."""
    return StepDone(call.id, "function", call.name, call.arguments, output)


def unanswered(calls: Sequence[FunctionCall]) -> Failed:
    """The end where nobody answers ``calls``."""
    names = ", ".join(dict.fromkeys(call.name for call in calls))
    reason = f"the assistant calls {names}, and nothing here answers it"
    return Failed("requires_action", reason, calls=tuple(calls))


def unapproved(wanted: Sequence[Approval]) -> Failed:
    """The end where nobody says whether ``wanted`` may happen."""
    names = ", ".join(dict.fromkeys(f"{each.name} of {each.server}" for each in wanted))
    reason = f"the assistant may not use {names} unasked, and nobody here says that it may"
    return Failed("requires_action", reason)
