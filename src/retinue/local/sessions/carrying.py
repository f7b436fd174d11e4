"""Carries out a session's turn in the background: from its rows to its end, whatever happens."""

from __future__ import annotations

from contextlib import aclosing

from starlette.concurrency import run_in_threadpool

from retinue.local.database import Row
from retinue.local.platform import Platform
from retinue.local.sessions.history import turn_of
from retinue.local.sessions.recorder import Recorder
from retinue.local.turns.engine import run_turn
from retinue.local.turns.items import Turn
from retinue.local.work.carrying import carry
from retinue.local.work.world import world_of


def start(platform: Platform, row: Row) -> None:
    """Begin to carry out a queued turn whose lease this application has taken."""
    recorder = Recorder(platform, row)

    def prepare() -> Turn:
        with platform.read() as connection:
            return turn_of(connection, recorder.row)

    async def work() -> None:
        await recorder.begin()
        turn = await run_in_threadpool(prepare)
        async with aclosing(run_turn(turn, world_of(platform, row["session_id"]))) as happening:
            async for event in happening:
                await recorder.take(event)

    platform.runner.start(row["id"], carry("turn", row["id"], work, recorder.settle))
