"""Run coroutines side by side: what ends first, or fails first, decides about the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from retinue.engine.ports import Stop
from retinue.errors import Interrupted

Result = TypeVar("Result")


async def together(work: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Run all of ``work`` at once and return the results in order.

    The first failure cancels the rest and is raised as it is.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def unless_stopped(work: Coroutine[Any, Any, Result], stop: Stop) -> Result:
    """Run ``work``, which may be cancelled at any point: it only reads.

    Raises:
        Interrupted: the user asked to stop meanwhile.
    """
    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.event.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
        stopped.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)
    if stop.requested:
        raise Interrupted("stopped before anything was changed", hint="apply again at any time")
    return task.result()
