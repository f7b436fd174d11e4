"""What conversations of every target share: following work on the platform until it is over.

Work that has begun goes on at the platform when its stream breaks off, so that a broken stream is
an error only before that; afterwards the work is polled to its end.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from typing import Any, Final

from retinue.errors import PlatformError, Unavailable
from retinue.kinds.api import Object
from retinue.talk.conversation import Wire
from retinue.talk.events import (
    Approval,
    Event,
    Failed,
    FunctionCall,
    Notice,
    Output,
    StepDone,
    Usage,
)

POLL_SECONDS: Final = 0.5
CANCEL_POLLS: Final = 20
"""How often work is looked at, at most, until it is cancelled: ten seconds."""

MOST_ROUNDS: Final = 50
"""How often an answer may wait for us: a model that calls without end is stopped."""

_PAGE: Final = 100


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


async def cancelled(wire: Wire, path: str, working: Collection[str]) -> bool:
    """Wait until what was told to stop has stopped, not for ever; whether it has. Never raises."""
    with contextlib.suppress(PlatformError):
        for _ in range(CANCEL_POLLS):
            found = await wire.get(path)
            if found.get("status") not in working:
                return True
            await wire.pause(POLL_SECONDS)
    return False


async def listed(wire: Wire, path: str, params: Object) -> list[Object]:
    """Everything that there is at ``path``, the oldest first."""
    found: list[Object] = []
    more: dict[str, Any] = {"order": "asc", "limit": _PAGE, **params}
    while True:
        page = await wire.page(path, more)
        found += page.get("data") or ()
        if not found or not page.get("has_more"):
            return found
        more["after"] = page.get("last_id") or found[-1].get("id")


def endless(usage: Usage | None = None) -> Failed:
    """The end of a model that calls functions again and again."""
    reason = f"the assistant called functions {MOST_ROUNDS} times, and found no end"
    return Failed("failed", reason, usage=usage)


def given(call: FunctionCall, output: Output) -> StepDone:
    """A function whose output is known."""
    text, error = ("", output.text) if output.failed else (output.text, None)
    return StepDone(call.id, "function", call.name, call.arguments, text, error=error)


def unfinished() -> Notice:
    """The conversation is busy with an earlier question, which nobody here has asked."""
    return Notice("An earlier answer of this conversation is not done: waiting for its end.")


def left(names: Iterable[str], dealt: str) -> Notice:
    """An earlier answer waited for ``names``, because whoever asked has gone; ``dealt`` is what
    was done about it."""
    waited = ", ".join(dict.fromkeys(names))
    return Notice(f"An earlier answer of this conversation was left waiting for {waited}: {dealt}.")


def unanswered(calls: Sequence[FunctionCall]) -> Failed:
    """The end where nobody answers ``calls``."""
    names = ", ".join(dict.fromkeys(call.name for call in calls))
    reason = f"the assistant calls {names}, and nothing here answers it"
    return Failed("requires_action", reason, calls=tuple(calls))


def unapproved(wanted: Sequence[Approval]) -> Failed:
    """The end where nobody says whether ``wanted`` may happen."""
    names = ", ".join(dict.fromkeys(f"{each.name} of {each.server}" for each in wanted))
    servers = " ".join(f"--approve {label}" for label in sorted({each.server for each in wanted}))
    reason = f"the assistant may not use {names} unasked, and nobody here says that it may"
    return Failed("requires_action", f"{reason}; allowed beforehand: {servers}")
