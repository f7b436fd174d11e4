"""A skill's bundle: files or one zip in, a checked zip with the words of its SKILL.md out. Pure.

Limits: 500 files as OpenAI's API description of 2026-08-21 says, 50 MiB unpacked, which is ours.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from retinue.local import checks, refusals
from retinue.local.refusals import Refusal

MOST_FILES = 500
MOST_BYTES = 50 * 1024 * 1024

_PARAM = "files"
_MAIN = "SKILL.md"
_FENCE = "---"
_NAME = checks.text(shortest=1, longest=64)
_DESCRIPTION = checks.text(shortest=1, longest=1024)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What SKILL.md says of the skill, and the zip that is served."""

    name: str
    description: str
    archive: bytes


def bundle_of(files: Mapping[str, bytes]) -> Bundle:
    """Check ``files`` (path to content) and pack them; the same files give the same bytes.

    Raises:
        Refusal: there are too many, one has a path that leads elsewhere, or SKILL.md is missing or
            does not say what it has to.
    """
    if len(files) > MOST_FILES:
        raise _refused(f"a skill has at most {MOST_FILES} files.")
    if sum(map(len, files.values())) > MOST_BYTES:
        raise _refused(f"a skill has at most {MOST_BYTES} bytes.")
    for path in files:
        _check_path(path)
    said = _front_matter(files[_main_of(files)])
    return Bundle(
        _NAME(said.get("name"), "files.name"),
        _DESCRIPTION(said.get("description"), "files.description"),
        _packed(files),
    )


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files in a zip. Nothing is unpacked that says it is, or turns out, too large.

    Raises:
        Refusal: it is no zip, or too much is in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_BYTES:
                raise _refused(f"a skill has at most {MOST_FILES} files and {MOST_BYTES} bytes.")
            return {entry.filename: _read(opened, entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _refused("this is not a zip archive that can be read.") from None


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with opened.open(entry) as content:
        data = content.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise _refused("the archive holds more than it says.")
    return data


def _check_path(path: str) -> None:
    steps = path.split("/")
    if posixpath.isabs(path) or ".." in steps or "\\" in path or "\0" in path or not steps[-1]:
        raise _refused(f"{path!r} is not a path inside of the skill.")


def _main_of(files: Mapping[str, bytes]) -> str:
    """SKILL.md at the top, or in the one folder that holds everything."""
    if _MAIN in files:
        return _MAIN
    tops = {path.partition("/")[0] for path in files}
    main = f"{next(iter(tops))}/{_MAIN}" if len(tops) == 1 else ""
    if main not in files:
        raise _refused(f"there is no {_MAIN} at the top of the skill.")
    return main


def _front_matter(content: bytes) -> dict[str, Any]:
    lines = content.decode("utf-8-sig", "replace").splitlines()
    if not lines or lines[0].strip() != _FENCE or _FENCE not in map(str.strip, lines[1:]):
        raise _refused(f"{_MAIN} has to begin with its name and description between two ---.")
    end = [line.strip() for line in lines].index(_FENCE, 1)
    try:
        said = yaml.safe_load("\n".join(lines[1:end]))
    except (yaml.YAMLError, RecursionError):
        raise _refused(f"what stands between the two --- of {_MAIN} is not YAML.") from None
    return said if isinstance(said, dict) else {}


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _refused(reason: str) -> Refusal:
    return refusals.invalid(_PARAM, reason)
