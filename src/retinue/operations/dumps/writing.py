"""New files on the disk: all of them or none, and never over another."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from retinue.operations.dumps.report import NewFile


class FreePaths:
    """Gives paths below ``folder`` that no file has, on the disk or among those given before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: set[str] = set()

    def __call__(self, below: str, stem: str, ending: str) -> str:
        start = f"{below}/{stem}" if below else stem
        path, number = f"{start}{ending}", 2
        while path in self._given or (self._folder / path).exists():
            path, number = f"{start}-{number}{ending}", number + 1
        self._given.add(path)
        return path


def write(folder: Path, files: Sequence[NewFile]) -> None:
    """Write ``files``, whose paths are below ``folder``.

    Raises:
        OSError: one of them can't be written, or is there by now; then none is.
    """
    written: list[Path] = []
    try:
        for file in files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                written.append(path)
                stream.write(file.text)
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        raise
