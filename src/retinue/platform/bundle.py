"""A folder as one zip archive: equal content gives equal bytes, whoever packs it and when."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from retinue.kinds.base import Upload
from retinue.uploads import changed, sha256_of_tree

_BLOCK = 1 << 20
_UNIX = 3
_REGULAR, _PROGRAM = 0o100644, 0o100755


def pack(upload: Upload, folder: str) -> IO[bytes]:
    """Pack the files of a folder into a temporary archive, below one top folder called ``folder``.

    Raises:
        PlanStale: they are not what ``upload`` says; they are read once, for both.
    """
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        same = _packed(upload, folder, archive) == upload.sha256
    except OSError:
        same = False
    if not same:
        archive.close()
        raise changed(upload)
    return archive


def whole(upload: Upload, folder: str) -> bytes:
    """All of a file, or of a folder's archive, at once: for what is so small that it is sent inside
    of something else.

    Raises:
        PlanStale: it is not what ``upload`` says.
    """
    if upload.files is not None:
        with pack(upload, folder) as archive:
            archive.seek(0)
            return archive.read()
    try:
        content = upload.path.read_bytes()
    except OSError:
        raise changed(upload) from None
    if hashlib.sha256(content).hexdigest() != upload.sha256:
        raise changed(upload)
    return content


def _packed(upload: Upload, folder: str, archive: IO[bytes]) -> str:
    """Write the archive; the digest of what went into it."""
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        return sha256_of_tree(
            (name, _add(packed, f"{folder}/{name}", upload.path / name))
            for name in upload.files or ()
        )


def _add(packed: ZipFile, name: str, path: Path) -> str:
    """Add one file, block by block; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as content:
        block = content.read(_BLOCK)
        with packed.open(_entry(name, program=block.startswith(b"#!")), "w") as entry:
            while block:
                digest.update(block)
                entry.write(block)
                block = content.read(_BLOCK)
    return digest.hexdigest()


def _entry(name: str, *, program: bool) -> ZipInfo:
    """A header without the file's time and owner; what starts like a script may be run.

    Its permissions would not do: they are no part of the content, and not every system has them.
    """
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    entry.create_system = _UNIX
    entry.external_attr = (_PROGRAM if program else _REGULAR) << 16
    return entry
