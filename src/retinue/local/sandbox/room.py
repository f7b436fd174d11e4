"""One sandbox process from the outside: started, talked to, ended with everything in it.

What comes out is read defensively: lengths, counts and types are checked here against the host's
own limits, whoever wrote them. Anything odd ends the conversation.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import IO, Any

from retinue.local.sandbox.confinement import Confinement, account
from retinue.local.sandbox.inside import wire
from retinue.local.sandbox.model import Limits

_FAREWELL_SECONDS = 1.0
_COMPLAINT_BYTES = 4096


class RoomBroken(Exception):
    """The sandbox could not be started, ended by itself or said something odd."""


class Room:
    """A running sandbox. ``end`` must be called, whatever happened."""

    def __init__(self, process: Process, complaints: IO[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests = process.stdin
        self._replies = process.stdout
        self._complaints = complaints

    @classmethod
    async def open(cls, confinement: Confinement, limits: Limits) -> Room:
        """Start a sandbox and hear that it is ready. Raises RoomBroken."""
        with ExitStack() as handed:
            command, descriptors = confinement.command(limits, handed)
            complaints = TemporaryFile()  # noqa: SIM115 - the room closes it
            try:
                process = await _spawn(command, descriptors, complaints)
            except OSError as error:
                complaints.close()
                raise RoomBroken(str(error)) from error
        room = cls(process, complaints)
        try:
            await room.send(asdict(limits))
            await room.expect("ready")
        except BaseException:
            await room.end()
            raise
        return room

    @property
    def pid(self) -> int:
        """The process that holds the sandbox, for tests."""
        return self._process.pid

    async def send(self, header: Mapping[str, Any], body: Iterable[bytes] = ()) -> None:
        """Send one frame; its body is read in a thread, as it may come from a disk."""
        pieces = wire.frame(header, body)
        try:
            while piece := await asyncio.to_thread(next, pieces, b""):
                self._requests.write(piece)
                await self._requests.drain()
        except ConnectionError as error:
            raise self._broken() from error

    async def header(self) -> dict[str, Any]:
        """The next frame's header; its ``body`` must be read before the next one."""
        length = await self._length()
        if length > wire.HEADER_BYTES:
            raise RoomBroken("the sandbox sent a header that is too long")
        try:
            header = json.loads(await self._exactly(length))
        except (ValueError, RecursionError) as error:
            raise RoomBroken("the sandbox sent what is not JSON") from error
        if not isinstance(header, dict) or not isinstance(header.get("op"), str):
            raise RoomBroken("the sandbox sent what is not a frame")
        return header

    async def body(self, *, most: int) -> AsyncIterator[bytes]:
        """The chunks of a frame. Raises RoomBroken beyond ``most`` bytes."""
        while length := await self._length():
            most -= length
            if length > wire.CHUNK_BYTES or most < 0:
                raise RoomBroken("the sandbox sent more than it may")
            yield await self._exactly(length)

    async def expect(self, op: str) -> dict[str, Any]:
        """A frame without a body, of a certain kind."""
        header = await self.header()
        async for _ in self.body(most=0):
            pass
        if header["op"] != op:
            raise RoomBroken(f"the sandbox sent {header['op']!r:.40} in place of {op!r}")
        return header

    async def end(self) -> None:
        """Hang up: the sandbox's first process ends, and the kernel kills everything in there."""
        self._requests.close()
        draining = asyncio.ensure_future(self._discard())
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await draining
        self._complaints.close()

    async def _discard(self) -> None:
        # A transport that is paused on a full buffer would never see the end.
        with contextlib.suppress(ConnectionError):
            while await self._replies.read(wire.CHUNK_BYTES):
                pass

    async def _length(self) -> int:
        found: int = wire.LENGTH.unpack(await self._exactly(wire.LENGTH.size))[0]
        return found

    async def _exactly(self, count: int) -> bytes:
        try:
            return await self._replies.readexactly(count)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise self._broken() from error

    def _broken(self) -> RoomBroken:
        self._complaints.seek(0)
        said = self._complaints.read(_COMPLAINT_BYTES).decode(errors="replace").strip()
        return RoomBroken(said.splitlines()[-1] if said else "the sandbox ended by itself")


async def _spawn(
    command: list[str], descriptors: tuple[int, ...], complaints: IO[bytes]
) -> Process:
    number = account().number
    identity: dict[str, Any] = {}
    if number is not None:
        identity = {"user": number, "group": number, "extra_groups": []}
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=complaints,
        pass_fds=descriptors,
        env={},
        cwd="/",
        start_new_session=True,  # Ctrl-C in our terminal is for us to answer
        **identity,
    )
