"""Files that go with a question: uploaded, attached for the tools that can read them, removed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retinue.errors import PlatformError, UsageError
from retinue.kinds.base import Upload
from retinue.talk.conversation import Party, Wire
from retinue.uploads import sha256_of

IMAGES = (".gif", ".jpeg", ".jpg", ".png", ".webp")
_READERS = ("code_interpreter", "file_search")


def read_file(path: Path) -> Upload:
    """A file to attach.

    Raises:
        UsageError: there is none, or it is empty.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    size = path.stat().st_size
    if size == 0:
        raise UsageError(f"{path} is empty", hint="platforms refuse empty files")
    return Upload(path.absolute(), str(path), sha256_of(path), size)


class Attachments:
    """The files of one conversation; ``keep`` leaves them on the platform at the end."""

    def __init__(self, wire: Wire, party: Party, *, keep: bool = False) -> None:
        self._wire = wire
        self._tools = [tool for tool in _READERS if tool in party.tool_types]
        self._party = party
        self._keep = keep
        self.ids: list[str] = []

    async def message(self, question: str, files: Sequence[Upload]) -> dict[str, Any]:
        """A user's message with ``files``.

        Raises:
            UsageError: the assistant has no tool that could read one of them.
            PlatformError: one can't be uploaded.
        """
        documents = [file for file in files if not _is_image(file)]
        if documents and not self._tools:
            raise UsageError(
                f"{self._party.address} has no tool that can read {documents[0].shown}",
                hint="give it file_search or code_interpreter in its manifest, then apply",
            )
        message: dict[str, Any] = {"role": "user", "content": question}
        images = [await self._upload(file, "vision") for file in files if _is_image(file)]
        if images:
            shown = [{"type": "image_file", "image_file": {"file_id": each}} for each in images]
            message["content"] = [{"type": "text", "text": question}, *shown]
        if documents:
            tools = [{"type": tool} for tool in self._tools]
            attached = [await self._upload(file, "assistants") for file in documents]
            message["attachments"] = [{"file_id": each, "tools": tools} for each in attached]
        return message

    async def take_back(self) -> None:
        """Delete what was uploaded, unless it is to be kept; what can't be deleted is left."""
        if self._keep:
            return
        while self.ids:
            with contextlib.suppress(PlatformError):
                await self._wire.delete(f"/files/{self.ids.pop()}")

    async def _upload(self, file: Upload, purpose: str) -> str:
        made = await self._wire.upload("/files", {"purpose": purpose}, file, file.path.name)
        self.ids.append(str(made["id"]))
        return self.ids[-1]


def _is_image(file: Upload) -> bool:
    return file.path.suffix.lower() in IMAGES
