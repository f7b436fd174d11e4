"""A sandbox from the caller's side: sessions, runs and how they end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from retinue.local.sandbox.confinement import Confinement
from retinue.local.sandbox.model import Cause, Execution, InputFile, Limits
from retinue.local.sandbox.names import safe_names
from retinue.local.sandbox.replies import Reading, explain
from retinue.local.sandbox.room import Room, RoomBroken

# The sandbox's own clock stops the code and saves what it printed; this one is for when it doesn't.
_GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """This machine's way to run code; ``find`` gives it after a trial."""

    confinement: Confinement

    async def run(
        self, code: str, *, files: Sequence[InputFile] = (), limits: Limits | None = None
    ) -> Execution:
        """Run code once, in a sandbox of its own that is gone afterwards."""
        async with self.session(limits) as session:
            return await session.run(code, files=files)

    def session(self, limits: Limits | None = None) -> Session:
        """A session that keeps variables and files from run to run; use it in ``async with``."""
        return Session(self.confinement, limits or Limits())


class Session:
    """One sandbox at a time, started when it is needed and kept until it is closed or breaks.

    Runs take turns. Between them every process is stopped; what the code started beside its
    interpreter does not outlive the run. After an ``error`` the next run starts afresh.

    The interpreter itself is kept, not a pickle of its variables: functions, classes and imports
    live on too, and nothing that foreign code wrote is ever unpickled.
    """

    def __init__(self, confinement: Confinement, limits: Limits) -> None:
        self._confinement = confinement
        self._limits = limits
        self._turn = asyncio.Lock()
        self._room: Room | None = None
        self._closed = False
        self._names: dict[str, str] = {}
        self._sent: set[str] = set()

    @property
    def alive(self) -> bool:
        """Whether there is something to go on with."""
        return self._room is not None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def run(self, code: str, *, files: Sequence[InputFile] = ()) -> Execution:
        """Put the files that are not there yet into /mnt/data and run ``code``.

        Cancelling kills the sandbox before the cancellation goes on. Raises OSError where an
        input file can't be read; whatever the code does is told in the Execution.
        """
        async with self._turn:
            started = time.monotonic()
            fresh = not self.alive
            whole = False
            try:
                async with asyncio.timeout(self._limits.wall_seconds + _GRACE_SECONDS):
                    execution = await self._run(code, files)
                whole = not execution.error and not self._closed
            except TimeoutError:
                execution = self._failed("timeout")
            except RoomBroken as error:
                execution = self._failed("broken", f"The sandbox broke off: {error}.")
            finally:
                if not whole:
                    await asyncio.shield(self._end())
            return replace(execution, seconds=time.monotonic() - started, fresh=fresh)

    async def close(self) -> None:
        """Kill everything in the sandbox and wait until it is gone; a run at work breaks off."""
        self._closed = True
        await asyncio.shield(self._end())

    async def _run(self, code: str, files: Sequence[InputFile]) -> Execution:
        source = code.encode(errors="surrogatepass")
        if len(source) > self._limits.code_bytes:
            return self._failed("output", "The code is too long to be run.")
        if self._room is None:
            self._room = await Room.open(self._confinement, self._limits)
        for file, name in zip(files, self._name(files), strict=True):
            if complaint := await self._deliver(self._room, file, name):
                return self._failed("files", f"The file {name!r} does not fit: {complaint}.")
        await self._room.send({"op": "run"}, [source])
        reading = Reading(self._room, self._limits)
        try:
            return await reading.execution()
        except BaseException:
            reading.close()
            raise

    async def _deliver(self, room: Room, file: InputFile, name: str) -> str:
        """Send a file unless it is there; gives the sandbox's complaint."""
        if file.identity in self._sent:
            return ""
        await room.send({"op": "file", "name": name}, file.chunks())
        complaint = (await room.expect("took")).get("error")
        if not complaint and file.identity:
            self._sent.add(file.identity)
        return complaint if isinstance(complaint, str) else "no reason given"

    def _name(self, files: Sequence[InputFile]) -> list[str]:
        """Names for /mnt/data that stay the same for a file as long as the sandbox lives."""
        keys = [file.identity or f"{place} {file.name}" for place, file in enumerate(files)]
        new = [
            (key, file.name)
            for key, file in zip(keys, files, strict=True)
            if key not in self._names
        ]
        names = safe_names((name for _, name in new), taken=self._names.values())
        self._names.update(zip((key for key, _ in new), names, strict=True))
        return [self._names[key] for key in keys]

    async def _end(self) -> None:
        room, self._room = self._room, None
        self._names.clear()
        self._sent.clear()
        if room is not None:
            await room.end()

    def _failed(self, cause: Cause, error: str = "") -> Execution:
        return Execution(cause=cause, error=error or explain(cause, self._limits))
