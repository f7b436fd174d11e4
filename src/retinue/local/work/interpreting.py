"""The code interpreter of a turn: the sandbox, behind the turn's protocol.

Every conversation has a sandbox of its own, with its variables and files, as long as it is used.
Files that code wrote become files of the platform. Nothing here ever runs code by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.concurrency import run_in_threadpool

from retinue.local import blobs
from retinue.local.file_rows import keep_output
from retinue.local.platform import Platform
from retinue.local.sandbox import Execution, Image, InputFile, Unavailable, find
from retinue.local.turns.items import FileRef, Logs, Made
from retinue.local.turns.ports import TurnFailed
from retinue.local.work.sandboxes import sessions_of


class SandboxInterpreter:
    """Runs code for one conversation, known by ``key``."""

    def __init__(self, platform: Platform, key: str) -> None:
        self._platform = platform
        self._key = key

    async def execute(self, code: str, files: Sequence[FileRef]) -> Sequence[Logs | Made]:
        sandbox = await run_in_threadpool(find)
        if isinstance(sandbox, Unavailable):
            raise TurnFailed(f"The code interpreter is not available: {sandbox.reason}.")
        given = await run_in_threadpool(self._inputs, files)
        async with sessions_of(self._platform, sandbox).use(self._key) as session:
            execution = await session.run(code, files=given)
        return await run_in_threadpool(self._kept, execution)

    def _inputs(self, files: Sequence[FileRef]) -> list[InputFile]:
        """The files with their contents; one that was deleted meanwhile is left out."""
        with self._platform.read() as connection:
            found = {
                each.file_id: connection.execute(
                    "SELECT blob_id FROM files WHERE id = ?", (each.file_id,)
                ).fetchone()
                for each in files
            }
        return [
            InputFile(each.name, self._chunks(row["blob_id"]), identity=each.file_id)
            for each in files
            if (row := found[each.file_id]) is not None
        ]

    def _chunks(self, blob_id: int) -> Iterable[bytes]:
        return blobs.read_blob(self._platform.database, blob_id)

    def _kept(self, execution: Execution) -> list[Logs | Made]:
        """What came out, its files kept. An error of the sandbox is for the model to read."""
        kept: list[Logs | Made] = []
        for output in execution.outputs:
            if isinstance(output, Image):
                file_id = keep_output(self._platform, output.name, [output.data])
                kept.append(Made(file_id, output.name, image=True))
            else:
                kept.append(Logs(output.text))
        for file in execution.files:
            with file.content:
                file_id = keep_output(self._platform, file.name, file.chunks())
            kept.append(Made(file_id, file.name, image=False))
        if execution.error:
            kept.append(Logs(execution.error))
        return kept
