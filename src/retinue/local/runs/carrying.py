"""Carries out a run in the background: from its rows to its last status, whatever happens."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

from starlette.concurrency import run_in_threadpool

from retinue.local.database import Row
from retinue.local.platform import Platform
from retinue.local.runs.history import turn_of
from retinue.local.runs.recorder import Recorder
from retinue.local.runs.rows import Gone
from retinue.local.turns.engine import run_turn
from retinue.local.turns.items import Turn
from retinue.local.work.streams import Stream
from retinue.local.work.world import world_of

_log = logging.getLogger("retinue.local")
_STOPPED = "The server was stopped before the run was done."
_BROKEN = "The server had an error while carrying out the run. See the server's log."


def start(platform: Platform, row: Row, stream: Stream | None) -> None:
    """Begin to carry out a queued run whose lease this application has taken."""
    platform.runner.start(row["id"], _carry_out(platform, row, stream))


async def _carry_out(platform: Platform, row: Row, stream: Stream | None) -> None:
    recorder = Recorder(platform, row, stream)
    try:
        await _turn(platform, recorder)
    except (Gone, asyncio.CancelledError):
        await _settle(recorder, _STOPPED)
    except Exception:  # noqa: BLE001 - whatever it is, the run must come to an end
        _log.exception("run %s failed", row["id"])
        await _settle(recorder, _BROKEN)
    finally:
        if stream is not None:
            stream.send("done", "[DONE]")
            stream.close()


async def _turn(platform: Platform, recorder: Recorder) -> None:
    await recorder.begin()

    def prepare() -> Turn:
        with platform.read() as connection:
            return turn_of(connection, platform.database, recorder.row)

    turn = await run_in_threadpool(prepare)
    async with aclosing(run_turn(turn, world_of(platform, recorder.row["thread_id"]))) as happening:
        async for event in happening:
            await recorder.take(event)


async def _settle(recorder: Recorder, error: str) -> None:
    try:
        await recorder.settle(error)
    except Gone:  # ended by somebody else at this very moment
        return
    except Exception:  # noqa: BLE001 - as above
        # The lease runs out by itself, and the run is failed then.
        _log.exception("run %s could not be settled", recorder.row["id"])
