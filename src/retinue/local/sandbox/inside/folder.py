"""The working folder: input files put in, new and changed files found.

Only regular files count and no link is followed. What a stranger might do to the folder meanwhile
can't do harm: nothing in the sandbox is worth reading, and the reader has no more rights than he.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

FOLDER = "/mnt/data"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 64 * 1024
_DEEPEST = 16

Print = tuple[int, int, int, int]


def put(name: str, chunks: Iterable[bytes], *, folder: str = FOLDER) -> None:
    """Write an input file, read-only, in place of one of that name."""
    path = f"{folder}/{name}"
    if os.path.lexists(path):
        os.unlink(path)  # noqa: PTH108 - pathlib costs start-up time
    target = os.open(path, _CREATE, 0o444)
    try:
        with open(target, "wb") as file:  # noqa: PTH123 - a descriptor
            file.writelines(chunks)
    except OSError:
        os.unlink(path)  # noqa: PTH108 - half a file is worse than none
        raise


def prints(folder: str = FOLDER) -> dict[str, Print]:
    """What every regular file looks like now; the change time can't be set by anybody."""
    return {path: _print(found) for path, found in _walk(folder)}


def _print(found: os.stat_result) -> Print:
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    pending = [("", 0)]
    while pending:
        within, depth = pending.pop()
        for entry in _entries(f"{folder}/{within}"):
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) and depth < _DEEPEST:
                pending.append((f"{within}{entry.name}/", depth + 1))
            elif stat.S_ISREG(found.st_mode):
                yield within + entry.name, found


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:  # the code may have taken its own rights away
        return []


def read(name: str, size: int, *, folder: str = FOLDER) -> Iterator[bytes]:
    """At most ``size`` bytes of a file. Raises OSError for what is not a regular file."""
    source = os.open(f"{folder}/{name}", _READ)
    with open(source, "rb") as file:  # noqa: PTH123 - a descriptor
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise OSError
        while size > 0 and (chunk := file.read(min(_CHUNK, size))):
            size -= len(chunk)
            yield chunk
