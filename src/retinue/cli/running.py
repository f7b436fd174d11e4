"""Run asynchronous work under signals: the first drains and saves, the second leaves at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from retinue.engine.ports import Stop

Result = TypeVar("Result")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run work that a signal may simply end: it writes nothing that matters."""
    return asyncio.run(work)


def run_stoppable(
    work: Callable[[Stop], Awaitable[Result]], notice: Callable[[str], None]
) -> Result:
    """Run work that finishes what it began when asked to stop.

    The second signal exits with 130 at once: the journal makes that safe, too.
    """

    async def guarded() -> Result:
        stop = Stop()
        with _draining(stop, notice):
            return await work(stop)

    return asyncio.run(guarded())


@contextlib.contextmanager
def _draining(stop: Stop, notice: Callable[[str], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = 0

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal signals
        del number, frame
        signals += 1
        if signals > 1:
            notice("left at once; the journal has what was done, the next apply goes on from it")
            os._exit(130)
        notice("stopping: what is under way is finished and saved; once more leaves at once")
        loop.call_soon_threadsafe(stop.request)

    with _handled(on_signal):
        yield


async def interrupting(task: asyncio.Task[Result]) -> Result | None:
    """Wait for ``task``; a signal cancels it, and it alone: then the result is None."""
    loop = asyncio.get_running_loop()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(task.cancel)

    with _handled(on_signal):
        try:
            return await task
        except asyncio.CancelledError:
            return None


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """While a question is open, a signal answers it: there is nothing to drain."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    with _handled(on_signal):
        yield


@contextlib.contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)
