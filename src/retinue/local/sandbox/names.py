"""Names of files, made safe to show inside the sandbox and to give back from it.

Uploads carry names that strangers chose. Outside the sandbox they are never used as a path; inside
they are shown as one plain component of a path.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

_LONGEST_BYTES = 200
_FALLBACK = "file"
_SEPARATORS = re.compile(r"[/\\]")


def safe_name(name: str) -> str:
    """The last component of ``name``, without control characters; never empty, hidden or a dot."""
    last = _SEPARATORS.split(name)[-1]
    shown = "".join(each for each in unicodedata.normalize("NFC", last) if _is_harmless(each))
    return _shortened(shown.strip().lstrip(".").strip()) or _FALLBACK


def _is_harmless(character: str) -> bool:
    # C: control characters, invisible directions, surrogates. Z: line ends, but blanks are fine.
    return character == " " or unicodedata.category(character)[0] not in "CZ"


def _shortened(name: str) -> str:
    """At most 200 bytes, keeping a suffix that looks like one."""
    if len(name.encode()) <= _LONGEST_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 16:
        stem, dot, suffix = name, "", ""
    room = _LONGEST_BYTES - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def safe_names(names: Iterable[str], *, taken: Collection[str] = ()) -> tuple[str, ...]:
    """Safe names in the same order, none twice and none that is ``taken``: "a.csv", "a-2.csv"."""
    used = set(taken)
    found: list[str] = []
    for name in names:
        found.append(_unused(safe_name(name), used))
        used.add(found[-1])
    return tuple(found)


def _unused(name: str, used: Collection[str]) -> str:
    if name not in used:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    number = 2
    while (candidate := f"{stem}-{number}{dot}{suffix}") in used:
        number += 1
    return candidate


def safe_path(path: str) -> str:
    """A result's path below /mnt/data, every component made safe."""
    return "/".join(safe_name(part) for part in path.split("/") if part) or _FALLBACK
