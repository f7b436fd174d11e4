"""From the frames of a run to an Execution: the host's own bounds, whatever the sandbox says."""

from __future__ import annotations

import re
from tempfile import SpooledTemporaryFile
from typing import IO, cast, get_args

from retinue.local.sandbox.model import (
    Cause,
    Execution,
    Image,
    Limits,
    Logs,
    OutputFile,
)
from retinue.local.sandbox.names import safe_names, safe_path
from retinue.local.sandbox.room import Room, RoomBroken

_PNG = b"\x89PNG\r\n\x1a\n"
_IN_MEMORY_BYTES = 1024 * 1024
_NOTICES_BYTES = 1024  # beside the text that the code may print
_CAUSE = re.compile(r"([a-z]+)(?: (\d{1,3}))?")


class Reading:
    """Reads the answer to one run; ``close`` throws away what was read of an answer that broke."""

    def __init__(self, room: Room, limits: Limits) -> None:
        self._room = room
        self._limits = limits
        self._text_room = limits.output_bytes + _NOTICES_BYTES
        self._file_room = limits.result_bytes
        self._outputs: list[Logs | Image] = []
        self._files: list[OutputFile] = []
        self._images = 0

    async def execution(self) -> Execution:
        """Everything up to the frame that says "done". Raises RoomBroken."""
        while True:
            header = await self._room.header()
            match header["op"]:
                case "text":
                    await self._text()
                case "image":
                    await self._image()
                case "file":
                    await self._file(header.get("name"))
                case "done":
                    async for _ in self._room.body(most=0):
                        pass
                    return self._done(header.get("cause"), header.get("left_out"))
                case other:
                    raise RoomBroken(f"the sandbox sent {other!r:.40}")

    def close(self) -> None:
        """Give back what the result files hold."""
        for file in self._files:
            file.content.close()

    async def _text(self) -> None:
        data = await self._whole(self._text_room)
        self._text_room -= len(data)
        self._outputs.append(Logs(data.decode(errors="replace")))

    async def _image(self) -> None:
        data = await self._whole(self._limits.image_bytes)
        self._images += 1
        if self._images > self._limits.images:
            raise RoomBroken("the sandbox sent more pictures than it may")
        if data.startswith(_PNG):
            self._outputs.append(Image(f"figure-{self._images}.png", data))

    async def _file(self, name: object) -> None:
        if not isinstance(name, str) or len(self._files) >= self._limits.results:
            raise RoomBroken("the sandbox sent a file that it may not")
        content = cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY_BYTES))  # noqa: SIM115 - close() does
        self._files.append(OutputFile(self._unused(safe_path(name)), 0, content))
        size = 0
        async for chunk in self._room.body(most=self._file_room):
            size += content.write(chunk)
        self._file_room -= size
        self._files[-1] = OutputFile(self._files[-1].name, size, content)

    def _unused(self, path: str) -> str:
        """Two names that differ in what is not shown alone must not become one."""
        folder, slash, name = path.rpartition("/")
        beside = {file.name.rpartition("/")[2] for file in self._files}
        return folder + slash + safe_names([name], taken=beside)[0] if name in beside else path

    async def _whole(self, most: int) -> bytes:
        return b"".join([chunk async for chunk in self._room.body(most=max(most, 0))])

    def _done(self, cause: object, left_out: object) -> Execution:
        if isinstance(left_out, int) and left_out > 0:
            self._outputs.append(Logs(f"\n[{left_out} more files in /mnt/data were not kept]\n"))
        outputs, files = tuple(self._outputs), tuple(self._files)
        if not cause:
            return Execution(outputs=outputs, files=files)
        kind, number = _cause(cause)
        error = explain(kind, self._limits, number)
        return Execution(outputs=outputs, files=files, cause=kind, error=error)


def _cause(said: object) -> tuple[Cause, str]:
    found = _CAUSE.fullmatch(said) if isinstance(said, str) else None
    if found is None or found[1] not in get_args(Cause):
        raise RoomBroken("the sandbox gave no reason that we know")
    return cast("Cause", found[1]), found[2] or "?"


def explain(cause: Cause, limits: Limits, number: str = "") -> str:
    """A sentence for the user and the model."""
    explanations: dict[Cause, str] = {
        "timeout": f"The code ran longer than {limits.wall_seconds:g} seconds and was stopped.",
        "cpu": f"The code used more than {limits.cpu_seconds:g} seconds of CPU and was stopped.",
        "memory": f"The code used more than {limits.memory_bytes:,} bytes of memory"
        " and was stopped.",
        "disk": f"The code made more than {limits.inodes:,} files and was stopped.",
        "output": "The code printed without end and was stopped.",
        "exited": f"The interpreter was ended by the code, with exit status {number}.",
        "killed": f"The interpreter was killed by signal {number}.",
        "files": "The input files could not be put into the sandbox.",
        "broken": "The sandbox broke off.",
    }
    return explanations[cause]
