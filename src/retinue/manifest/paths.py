"""Paths that manifests write: relative to the file that names them, and inside the project.

Links are followed before a path is trusted. Answers are a path or a `BadPath`; nothing is read.
Works on strings: pathlib would cost more than all the YAML of a large project.
"""

# ruff: noqa: PTH110, PTH112, PTH114, PTH116, PTH118, PTH120, PTH208

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from retinue.manifest.suggest import did_you_mean

_INSIDE_HINT: Final = "keep files inside the project folder, and write paths relative to this file"


class BadPath(Exception):
    """A path can't be used; ``code``, ``message`` and ``hint`` make the problem of it."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Located:
    """A path inside the project; ``shown`` is relative to the project, with forward slashes."""

    path: str
    shown: str

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)


class Locator:
    """Places what manifests write inside a project. ``root`` must be free of links.

    Costs one or two system calls a file: folders are remembered.
    """

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._real: dict[str, str] = {}

    def file(self, folder: str, written: str) -> Located:
        """Find the file that a manifest in ``folder`` calls ``written``.

        Raises:
            BadPath: it is outside of the project, missing, or no regular file.
        """
        located = self.place(folder, written)
        try:
            mode = os.stat(located.path).st_mode
        except (OSError, ValueError):
            hint = self._where_else(folder, written, located.path) or "make it, or correct the path"
            raise BadPath("PATH-MISSING", f"there is no file {located.shown}", hint) from None
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            hint = "name a file in it, or use {glob: …} in a vector store"
            raise BadPath("PATH-KIND", f"{located.shown} is {what}", hint)
        return located

    def folder(self, folder: str, written: str) -> Located:
        """Find the folder that a manifest in ``folder`` calls ``written``.

        Raises:
            BadPath: it is outside of the project, missing, or no folder.
        """
        located = self.place(folder, written)
        if os.path.isdir(located.path):
            return located
        if os.path.exists(located.path):
            message = f"{located.shown} is no folder"
            raise BadPath("PATH-KIND", message, "name the folder that holds it")
        hint = self._where_else(folder, written, located.path) or "make it, or correct path:"
        raise BadPath("PATH-MISSING", f"there is no folder {located.shown}", hint)

    def place(self, folder: str, written: str) -> Located:
        """Place ``written`` inside the project, whether it exists or not.

        Raises:
            BadPath: it is absolute, or leads outside of the project.
        """
        if _is_absolute(written):
            raise BadPath("PATH-OUTSIDE", f"the path {written} is absolute", _INSIDE_HINT)
        path = os.path.normpath(os.path.join(folder, written))
        if not self._holds(path):
            message = f"the path {written} leads outside of the project"
            raise BadPath("PATH-OUTSIDE", message, _INSIDE_HINT)
        if "\0" in written or not self._holds(self._real_path(path)):
            message = f"the path {written} leads outside of the project through a symbolic link"
            raise BadPath("PATH-OUTSIDE", message, "copy the file into the project folder")
        return Located(path, self.shown(path))

    def shown(self, path: str) -> str:
        """Return an absolute path inside the project as messages show it."""
        return path[len(self.root) :].lstrip(os.sep).replace(os.sep, "/") or "."

    def _holds(self, path: str) -> bool:
        return path == self.root or path.startswith(self.root.rstrip(os.sep) + os.sep)

    def _real_path(self, path: str) -> str:
        folder, name = os.path.split(path)
        real = self._real.get(folder)
        if real is None:
            real = self._real[folder] = os.path.realpath(folder)
        inside = os.path.join(real, name)
        return os.path.realpath(inside) if os.path.islink(inside) else inside

    def _where_else(self, folder: str, written: str, path: str) -> str | None:
        """Guess what a missing path was meant to be: a neighbour, or relative to the project."""
        from_root = os.path.normpath(os.path.join(self.root, written))
        if self._holds(from_root) and os.path.exists(from_root):
            meant = os.path.relpath(from_root, folder).replace(os.sep, "/")
            return f"paths are relative to the file that names them: write {meant}"
        parent, name = os.path.split(path)
        if not os.path.isdir(parent):
            return f"there is no folder {self.shown(parent)}"
        near = os.listdir(parent)
        twins = sorted(each for each in near if Path(each).stem == Path(name).stem)
        return did_you_mean(name, near, f"did you mean {twins[0]!r}?" if twins else None)


def _is_absolute(written: str) -> bool:
    """Absolute on any system: a manifest means the same everywhere."""
    return written.startswith(("/", "\\")) or written[1:2] == ":"
