"""The content of local files and folders: size and SHA-256, remembered so that nothing is read
twice.

A remembered digest is trusted while path, size and modification time are the same, unless the
file was modified so shortly before it was read that a later edit could bear the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from retinue.errors import PlanStale
from retinue.foreign_json import read_json
from retinue.kinds.base import Upload
from retinue.state.files import write_atomically

Folder: TypeAlias = tuple[Path, str, Sequence[str]]
"""A folder, its path relative to the project, and its files relative to it, sorted."""

_VERSION = 1
_SETTLED_NS = 2_000_000_000
"""A file has to be this old when it is read for its digest to be remembered (nanoseconds)."""

_SMALL = 1 << 18
"""Bytes up to which handing a file to a thread takes longer than reading it."""


class HashCache:
    """Digests by path, kept in one small JSON file. Losing it costs time, nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _load(path)
        self._used: dict[str, list[int | str]] = {}

    def upload(self, path: Path, shown: str) -> Upload:
        """Size and digest of one file.

        Raises:
            OSError: it can't be read.
        """
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns]
        known = self._known.get(shown)
        if known is not None and known[:2] == stamp:
            self._used[shown] = known
            return Upload(path, shown, str(known[2]), stat.st_size)
        sha256 = sha256_of(path)
        if time.time_ns() - stat.st_mtime_ns > _SETTLED_NS:
            self._used[shown] = [*stamp, sha256]
        return Upload(path, shown, sha256, stat.st_size)

    def folder(self, path: Path, shown: str, files: Sequence[str]) -> Upload:
        """Size and digest of ``files`` of a folder.

        Raises:
            OSError: one of them can't be read.
        """
        found = [self.upload(path / name, f"{shown}/{name}") for name in files]
        digests = {name: file.sha256 for name, file in zip(files, found, strict=True)}
        sha256 = sha256_of_tree(digests.items())
        return Upload(path, shown, sha256, sum(file.size for file in found), digests)

    def save(self) -> None:
        """Write what was used back; a folder that can't be written to is no reason to fail."""
        if self._used != self._known:
            text = json.dumps({"version": _VERSION, "files": self._used})
            with contextlib.suppress(OSError):
                write_atomically(self._path, text)


def _load(path: Path) -> dict[str, list[int | str]]:
    try:
        data = read_json(path.read_text(encoding="utf-8"))
        return dict(data["files"]) if data["version"] == _VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def read_uploads(
    files: Iterable[tuple[Path, str]], cache: Path, *, folders: Iterable[Folder] = ()
) -> list[Upload]:
    """Digest ``files`` (path, path relative to the project), then ``folders``, in this order.

    Both at once: what is not asked for leaves the cache at ``cache``.
    """
    hashes = HashCache(cache)
    uploads = [hashes.upload(path, shown) for path, shown in files]
    uploads += [hashes.folder(*folder) for folder in folders]
    hashes.save()
    return uploads


def sha256_of_tree(files: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over the names and the SHA-256 of files, in their order."""
    tree = hashlib.sha256()
    for name, sha256 in files:
        tree.update(f"{sha256}  {name}\0".encode())
    return tree.hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, read in blocks."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


async def require_unchanged(upload: Upload) -> None:
    """Make sure that a file is still what the plan saw.

    Raises:
        PlanStale: it changed or is gone.
    """
    try:
        size = upload.path.stat().st_size
        same = size == upload.size and await _sha256_aside(upload.path, size) == upload.sha256
    except OSError:
        same = False
    if not same:
        raise changed(upload)


async def _sha256_aside(path: Path, size: int) -> str:
    """`sha256_of` while others go on."""
    return sha256_of(path) if size <= _SMALL else await asyncio.to_thread(sha256_of, path)


def changed(upload: Upload) -> PlanStale:
    """The error for content that is no longer what the plan saw."""
    return PlanStale(
        f"{upload.shown} changed after the plan was made", hint="run plan again, then apply"
    )
