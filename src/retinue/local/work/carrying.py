"""How background work comes to its end, whatever happens: shared by runs, responses and turns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from retinue.local.database import Connection
from retinue.local.platform import Platform
from retinue.local.work.states import Gone

_log = logging.getLogger("retinue.local")
Result = TypeVar("Result")

Settle = Callable[[str], Awaitable[None]]
"""Brings work that broke off to an end; the text says why it did."""


async def carry(
    noun: str, work_id: str, work: Callable[[], Awaitable[None]], settle: Settle
) -> None:
    """Do ``work``; where it breaks off, ``settle`` is told why. ``noun`` is for messages."""
    try:
        await work()
    except (Gone, asyncio.CancelledError):
        reason = f"The server was stopped before the {noun} was done."
    except Exception:  # noqa: BLE001 - whatever it is, the work must come to an end
        _log.exception("%s %s failed", noun, work_id)
        reason = f"The server had an error while carrying out the {noun}. See the server's log."
    else:
        return
    try:
        await settle(reason)
    except Gone:  # ended by somebody else at this very moment
        return
    except Exception:  # noqa: BLE001 - the lease runs out by itself, and it is failed then
        _log.exception("%s %s could not be settled", noun, work_id)


async def written(platform: Platform, work: Callable[[Connection], Result]) -> Result:
    """``work`` in a short transaction, off the event loop."""

    def run() -> Result:
        with platform.write() as connection:
            return work(connection)

    return await run_in_threadpool(run)
