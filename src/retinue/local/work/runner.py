"""Runs background work as tasks of the server's event loop, and keeps its leases alive.

Knows nothing of what is done. A task is cancelled when its lease is lost or when somebody, here
or in another process, asks for it; settling the matter in the database is the task's own business.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Coroutine
from secrets import token_hex
from typing import Any

from starlette.concurrency import run_in_threadpool

from retinue.local.database import Database
from retinue.local.work import leases
from retinue.local.work.leases import Pulse


class Runner:
    """The background work of one application. ``owner`` names it in the table of leases."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._heart: asyncio.Task[None] | None = None
        self.owner = token_hex(8)

    def start(self, work_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Start a piece of work, whose lease has been taken already."""
        task = asyncio.create_task(work, name=work_id)
        self._tasks[work_id] = task
        task.add_done_callback(lambda done: self._forget(work_id, done))
        loop = asyncio.get_running_loop()
        if self._heart is None or self._heart.done() or self._heart.get_loop() is not loop:
            self._heart = asyncio.create_task(self._beat(), name="leases")

    def release(self, work_id: str) -> None:
        """The work is about to end by itself and to drop its lease: leave it alone from now on."""
        task = self._tasks.pop(work_id, None)
        if task is not None:
            self._ending.add(task)

    def stop(self, work_id: str) -> None:
        """Cancel a piece of work, if it is done here."""
        task = self._tasks.get(work_id)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Give up all work: what it was for is marked as failed, then the tasks are ended."""
        tasks = [*self._tasks.values(), *self._ending]
        if tasks:
            await run_in_threadpool(self._lose_all)
        for task in self._tasks.values():
            task.cancel()
        if self._heart is not None:
            self._heart.cancel()
            tasks.append(self._heart)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, work_id: str, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if self._tasks.get(work_id) is task:
            del self._tasks[work_id]

    async def _beat(self) -> None:
        while self._tasks or self._ending:
            await asyncio.sleep(leases.BEAT_SECONDS)
            before = set(self._tasks)
            # A database that is busy or full must not end the beating: the next one may succeed.
            with contextlib.suppress(sqlite3.Error):
                pulse = await run_in_threadpool(self._pulse)
                for work_id in before - pulse.held | pulse.stopping:
                    self.stop(work_id)

    def _pulse(self) -> Pulse:
        with self._database.write() as connection:
            return leases.beat(connection, self.owner, int(self._clock()))

    def _lose_all(self) -> None:
        with self._database.write() as connection:
            leases.lose_all(connection, self.owner, int(self._clock()))
