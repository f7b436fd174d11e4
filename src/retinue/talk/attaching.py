"""Files that go with a question: read, uploaded, removed again."""

from __future__ import annotations

import contextlib
from pathlib import Path

from retinue.errors import PlatformError, UsageError
from retinue.kinds.base import Upload
from retinue.talk.conversation import Wire
from retinue.uploads import sha256_of

IMAGES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""Pictures that models see, by the ends of their names."""


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

    def __init__(self, wire: Wire, *, keep: bool = False) -> None:
        self._wire = wire
        self._keep = keep
        self.ids: list[str] = []

    async def take_back(self) -> None:
        """Delete what was uploaded, unless it is to be kept; what can't be deleted is left."""
        if self._keep:
            return
        while self.ids:
            with contextlib.suppress(PlatformError):
                await self._wire.delete(f"/files/{self.ids.pop()}")

    async def upload(self, file: Upload, purpose: str) -> str:
        """Upload a file; its ID.

        Raises:
            PlatformError: it can't be uploaded.
        """
        made = await self._wire.upload("/files", {"purpose": purpose}, file, file.path.name)
        self.ids.append(str(made["id"]))
        return self.ids[-1]


def is_image(file: Upload) -> bool:
    """Whether a file is a picture for the model to see."""
    return file.path.suffix.lower() in IMAGES
