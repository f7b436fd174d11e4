"""A skill's bundle: files or one zip in, a checked zip with the words of its SKILL.md out. Pure.

Limits: 500 files as OpenAI's API description of 2026-08-21 says; 25 MiB a file and 50 MiB in all,
as manifests are checked. Archives come from strangers: each way in which one can be broken has to
end in a refusal.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from retinue.local import checks, refusals
from retinue.local.refusals import Refusal

MOST_FILES = 500
MOST_BYTES = 50 * 1024 * 1024
MOST_FILE_BYTES = 25 * 1024 * 1024

_MAIN = "SKILL.md"
_FENCE = b"---"
_MOST_FRONT_BYTES = 64 * 1024
_NAME = checks.text(shortest=1, longest=64)
_DESCRIPTION = checks.text(shortest=1, longest=1024)
_TEXT = "tag:yaml.org,2002:str"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# The last two: a name of no length, and an offset that no file has.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
)
_OUTSIDE = re.compile(r"[A-Za-z]:|.*[\\\0]", re.DOTALL)
"""A drive's letter, and what separates folders elsewhere or ends a path."""


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
    _check_sizes([len(content) for content in files.values()])
    _check_paths(files)
    front = _front_matter(files[_main_of(files)])
    return Bundle(
        name=_NAME(_said(front, "name"), "files.name"),
        description=_DESCRIPTION(_said(front, "description"), "files.description"),
        archive=_packed(files),
    )


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files in a zip. Nothing is unpacked that says it is, or turns out, too large.

    Raises:
        Refusal: it is no zip, or too much is in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            _check_entries(entries)
            return {entry.filename: _read(opened, entry) for entry in entries}
    except _BROKEN:
        raise refused("this is not a zip archive that can be read.") from None


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """What an archive says of itself, before anything in it is unpacked."""
    _check_sizes([entry.file_size for entry in entries])
    if len({entry.filename for entry in entries}) < len(entries):
        raise refused("two files of the archive have the same path.")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise refused("the files of an archive have to be stored or deflated.")


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with opened.open(entry) as content:
        data = content.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise refused("the archive holds more than it says.")
    return data


def _check_sizes(sizes: list[int]) -> None:
    if len(sizes) > MOST_FILES:
        raise refused(f"a skill has at most {MOST_FILES} files.")
    if sum(sizes) > MOST_BYTES:
        raise refused(f"a skill has at most {MOST_BYTES} bytes.")
    if any(size > MOST_FILE_BYTES for size in sizes):
        raise refused(f"a file of a skill has at most {MOST_FILE_BYTES} bytes.")


def _check_paths(files: Mapping[str, bytes]) -> None:
    """Whoever unpacks the skill gets these files, each once, and no other place is written to."""
    for path in files:
        if not {"", ".", ".."}.isdisjoint(path.split("/")) or _OUTSIDE.match(path):
            raise refused(f"{path!r} is not a path inside of the skill.")
    folders = {str(above) for path in files for above in PurePosixPath(path).parents}
    for path in folders & files.keys():
        raise refused(f"{path!r} can't be a file and a folder.")


def _main_of(files: Mapping[str, bytes]) -> str:
    """SKILL.md at the top, or in the one folder that holds everything."""
    if _MAIN in files:
        return _MAIN
    tops = {path.partition("/")[0] for path in files}
    main = f"{next(iter(tops))}/{_MAIN}" if len(tops) == 1 else ""
    if main not in files:
        raise refused(f"there is no {_MAIN} at the top of the skill.")
    return main


def _front_matter(content: bytes) -> yaml.MappingNode:
    """What stands between the two ---. It is only parsed: to make values of it can fail in as many
    ways as YAML has types."""
    lines = content.removeprefix(b"\xef\xbb\xbf")[:_MOST_FRONT_BYTES].splitlines()
    fences = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if fences[:1] != [0] or len(fences) == 1:
        raise refused(f"{_MAIN} has to begin with its name and description between two ---.")
    text = b"\n".join(lines[1 : fences[1]])
    try:
        node = yaml.compose(text.decode(), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise refused(f"what stands between the two --- of {_MAIN} is not YAML.") from None
    if not isinstance(node, yaml.MappingNode):
        raise refused(f"what stands between the two --- of {_MAIN} has no name.")
    return node


def _said(front: yaml.MappingNode, key: str) -> str:
    param = f"files.{key}"
    found = [value for name, value in front.value if name.value == key]
    if not found:
        raise refusals.missing(param)
    node = found[0]
    if not isinstance(node, yaml.ScalarNode) or node.tag != _TEXT or not _storable(node.value):
        raise refusals.invalid(param, f"the {key} in {_MAIN} has to be text.")
    text: str = node.value
    if not text.strip():
        raise refusals.missing(param)
    return text


def _storable(text: str) -> bool:
    """An escape of YAML can be half a character, which could never be stored or sent."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def refused(reason: str) -> Refusal:
    """The refusal of what was uploaded, and why."""
    return refusals.invalid("files", reason)
