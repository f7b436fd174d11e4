"""A skill's bundle: whether files are a skill, and what its SKILL.md says of it. Pure.

Limits: 500 files as OpenAI's API description of 2026-08-21 says; 25 MiB a file and 50 MiB in all,
as manifests are checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
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
_OUTSIDE = re.compile(r"[A-Za-z]:|.*[\\\0]", re.DOTALL)
"""A drive's letter, and what separates folders elsewhere or ends a path."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file of a skill: its size in bytes, and its bytes in pieces, each time from the first."""

    size: int
    pieces: Callable[[], Iterable[bytes]]

    def head(self, most: int) -> bytes:
        """The first ``most`` bytes."""
        found = bytearray()
        for piece in self.pieces():
            found += piece
            if len(found) >= most:
                break
        return bytes(found[:most])


@dataclass(frozen=True, slots=True)
class Words:
    """What SKILL.md says of the skill."""

    name: str
    description: str


def words_of(files: Mapping[str, Content]) -> Words:
    """Check ``files``, by their paths.

    Raises:
        Refusal: there are too many, one has a path that leads elsewhere, or SKILL.md is missing or
            does not say what it has to.
    """
    check_sizes([content.size for content in files.values()])
    _check_paths(files)
    front = _front_matter(files[_main_of(files)].head(_MOST_FRONT_BYTES))
    return Words(
        name=_NAME(_said(front, "name"), "files.name"),
        description=_DESCRIPTION(_said(front, "description"), "files.description"),
    )


def check_sizes(sizes: list[int]) -> None:
    """Refuse too many files, and too large ones."""
    if len(sizes) > MOST_FILES:
        raise refused(f"a skill has at most {MOST_FILES} files.")
    if sum(sizes) > MOST_BYTES:
        raise refused(f"a skill has at most {MOST_BYTES} bytes.")
    if any(size > MOST_FILE_BYTES for size in sizes):
        raise refused(f"a file of a skill has at most {MOST_FILE_BYTES} bytes.")


def _check_paths(files: Mapping[str, Content]) -> None:
    """Whoever unpacks the skill gets these files, each once, and no other place is written to."""
    for path in files:
        if not {"", ".", ".."}.isdisjoint(path.split("/")) or _OUTSIDE.match(path):
            raise refused(f"{path!r} is not a path inside of the skill.")
    folders = {str(above) for path in files for above in PurePosixPath(path).parents}
    for path in folders & files.keys():
        raise refused(f"{path!r} can't be a file and a folder.")


def _main_of(files: Mapping[str, Content]) -> str:
    """SKILL.md at the top, or in the one folder that holds everything."""
    if _MAIN in files:
        return _MAIN
    tops = {path.partition("/")[0] for path in files}
    main = f"{next(iter(tops))}/{_MAIN}" if len(tops) == 1 else ""
    if main not in files:
        raise refused(f"there is no {_MAIN} at the top of the skill.")
    return main


def _front_matter(head: bytes) -> yaml.MappingNode:
    """What stands between the two ---. It is only parsed: to make values of it can fail in as many
    ways as YAML has types."""
    lines = head.removeprefix(b"\xef\xbb\xbf").splitlines()
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


def refused(reason: str) -> Refusal:
    """The refusal of what was uploaded, and why."""
    return refusals.invalid("files", reason)
