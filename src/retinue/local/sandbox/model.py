"""What goes into a sandbox and what comes out: plain data, no processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, TypeAlias

MIB = 1024 * 1024
_CHUNK_BYTES = 64 * 1024

Cause: TypeAlias = Literal[
    "timeout", "cpu", "memory", "disk", "output", "exited", "killed", "files", "broken"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sandbox may use; seconds count per run, everything else per sandbox or file.

    ``memory_bytes`` bounds every process's address space and what all hold together.
    ``disk_bytes`` bounds /mnt/data, input files included; it is memory too while it is used.
    """

    cpu_seconds: float = 60
    wall_seconds: float = 120
    memory_bytes: int = 1024 * MIB
    disk_bytes: int = 512 * MIB
    scratch_bytes: int = 64 * MIB  # /tmp and /dev/shm, each
    file_bytes: int = 512 * MIB
    inodes: int = 20_000
    processes: int = 64
    open_files: int = 256
    code_bytes: int = MIB
    output_bytes: int = 256 * 1024
    images: int = 20
    image_bytes: int = 8 * MIB
    results: int = 20
    result_bytes: int = 128 * MIB  # all result files of one run together


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file for /mnt/data, as a path of the host, bytes, or chunks.

    ``name`` is what the user called it and is never used as a path. A file with an ``identity`` is
    sent to a sandbox once; without one it is sent again for every run.
    """

    name: str
    source: Path | bytes | Iterable[bytes]
    identity: str = ""

    def chunks(self) -> Iterator[bytes]:
        """The contents. Raises OSError where a path can't be read."""
        if isinstance(self.source, bytes):
            yield self.source
        elif isinstance(self.source, Path):
            with self.source.open("rb") as file:
                yield from iter(lambda: file.read(_CHUNK_BYTES), b"")
        else:
            yield from self.source


@dataclass(frozen=True, slots=True)
class Logs:
    """What was printed, to either output, and values that were shown."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that was shown, as a PNG file."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A new or changed file of /mnt/data; ``name`` may hold slashes, and is safe to show."""

    name: str
    size: int
    content: IO[bytes] = field(compare=False)  # in memory while small; ends with its last reader

    def chunks(self) -> Iterator[bytes]:
        """The contents, from the beginning."""
        self.content.seek(0)
        yield from iter(lambda: self.content.read(_CHUNK_BYTES), b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What one run gave. With an ``error`` the sandbox is gone, its variables and files too.

    An exception in the code is no error: its traceback is part of the logs. ``fresh`` says that
    the run began without variables and files of earlier ones. ``close`` it after reading its files.
    """

    outputs: tuple[Logs | Image, ...] = ()
    files: tuple[OutputFile, ...] = ()
    cause: Cause | None = None
    error: str | None = None
    seconds: float = 0
    fresh: bool = True

    def close(self) -> None:
        """Give back what the result files hold in memory or on the disk."""
        for file in self.files:
            file.content.close()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """There is no sandbox here, and why; ``reason`` is a sentence for the user."""

    reason: str
