"""Carries out a run in the background: from its rows to its last status, whatever happens."""

from __future__ import annotations

from contextlib import aclosing

from starlette.concurrency import run_in_threadpool

from retinue.local.database import Row
from retinue.local.platform import Platform
from retinue.local.runs.history import turn_of
from retinue.local.runs.recorder import Recorder
from retinue.local.turns.engine import run_turn
from retinue.local.turns.items import Turn
from retinue.local.work import carrying
from retinue.local.work.streams import Stream
from retinue.local.work.world import world_of


def start(platform: Platform, row: Row, stream: Stream | None) -> None:
    """Begin to carry out a queued run whose lease this application has taken."""
    platform.runner.start(row["id"], _carry_out(platform, row, stream))


async def _carry_out(platform: Platform, row: Row, stream: Stream | None) -> None:
    recorder = Recorder(platform, row, stream)
    try:
        await carrying.carry("run", row["id"], lambda: _turn(platform, recorder), recorder.settle)
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
