"""Glob patterns over the project's files: ``*``, ``?``, ``[…]`` and ``**`` for any depth.

Matching is the same on every machine: case counts, the order is sorted, hidden files and folders
(``.retinue`` among them) are never matched, and linked folders are not entered.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from retinue.manifest.paths import BadPath, Located, Locator


class Globber:
    """Finds files by pattern. Walks the fixed part of a pattern once, then O(files) a pattern."""

    def __init__(self, locator: Locator) -> None:
        self._locator = locator
        self._walked: dict[str, list[str]] = {}

    def files(self, folder: str, pattern: str, exclude: tuple[str, ...] = ()) -> list[Located]:
        """Return the files that ``pattern``, relative to ``folder``, matches, sorted.

        Raises:
            BadPath: a pattern is malformed, leads outside of the project, or matches nothing.
        """
        base, wanted = self._compiled(folder, pattern)
        unwanted = [self._compiled(folder, each)[1] for each in exclude]
        found = [
            path
            for path in self._walk(base)
            if wanted.fullmatch(path) and not any(regex.fullmatch(path) for regex in unwanted)
        ]
        if not found:
            hint = "patterns are relative to the file that names them; ** matches any depth"
            raise BadPath("GLOB-EMPTY", f"the pattern {pattern} matches no file", hint)
        return [self._locator.file(self._locator.root, path) for path in found]

    def below(
        self, folder: Located, exclude: tuple[str, ...] = (), hidden: tuple[str, ...] = ()
    ) -> list[Located]:
        """Return the visible files in ``folder`` and below it, sorted, but for those that one of
        the patterns ``exclude``, relative to ``folder``, matches. ``hidden`` names the hidden files
        and folders at the top of it that are seen all the same.

        Raises:
            BadPath: a pattern is malformed, or a file is a link that leads outside of the project.
        """
        unwanted = [self._compiled(folder.path, each)[1] for each in exclude]
        found = [*self._walk(folder.path)]
        for name in hidden:
            found += self._at(Path(folder.path, name))
        return [
            self._locator.file(self._locator.root, path)
            for path in sorted(found)
            if not any(regex.fullmatch(path) for regex in unwanted)
        ]

    def _at(self, path: Path) -> list[str]:
        """List a file, or the visible files of a folder that is no link, as far as it exists."""
        if path.is_file():
            return [self._locator.shown(str(path))]
        return self._walk(str(path)) if path.is_dir() and not path.is_symlink() else []

    def _compiled(self, folder: str, pattern: str) -> tuple[str, re.Pattern[str]]:
        """Return the folder to walk, and the pattern over paths relative to the project."""
        fixed, rest = _split(pattern)
        try:
            base = self._locator.place(folder, fixed or ".")
        except BadPath as error:
            message = f"the pattern {pattern} leads outside of the project"
            raise BadPath(error.code, message, error.hint) from None
        prefix = "" if base.shown == "." else re.escape(base.shown + "/")
        return base.path, re.compile(prefix + translate(rest))

    def _walk(self, base: str) -> list[str]:
        """List the visible files under ``base``, relative to the project, sorted."""
        if base not in self._walked:
            found: list[str] = []
            for folder, folders, names in os.walk(base):
                folders[:] = [name for name in folders if not name.startswith(".")]
                shown = self._locator.shown(folder)
                prefix = "" if shown == "." else f"{shown}/"
                found += (prefix + name for name in names if not name.startswith("."))
            self._walked[base] = sorted(found)
        return self._walked[base]


def _split(pattern: str) -> tuple[str, str]:
    """Split a pattern into its leading folders without wildcards, and the rest."""
    parts = pattern.split("/")
    fixed = 0
    while fixed < len(parts) - 1 and not re.search(r"[*?\[]", parts[fixed]):
        fixed += 1
    if ".." in parts[fixed:]:
        raise BadPath("GLOB", f"the pattern {pattern} has '..' after a wildcard")
    folder = "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else "")
    return folder, "/".join(parts[fixed:])


def translate(pattern: str) -> str:
    """Turn a glob pattern into a regular expression over paths with forward slashes.

    Raises:
        BadPath: a bracket is never closed, or ``**`` is a part of a name.
    """
    *folders, last = pattern.split("/")
    regex = "".join(
        "(?:[^/]+/)*" if part == "**" else _one_name(part, pattern) + "/" for part in folders
    )
    return regex + (".*" if last == "**" else _one_name(last, pattern))


_PIECE = re.compile(r"(?P<star>\*+)|(?P<any>\?)|\[(?P<set>[!^]?\]?[^\]]*)\]|(?P<open>\[)")


def _one_name(part: str, pattern: str) -> str:
    """Translate a pattern for one folder or file name."""
    regex, end = "", 0
    for match in _PIECE.finditer(part):
        regex += re.escape(part[end : match.start()]) + _piece(match, pattern)
        end = match.end()
    return regex + re.escape(part[end:])


def _piece(match: re.Match[str], pattern: str) -> str:
    if match["open"]:
        raise BadPath("GLOB", f"in {pattern}, '[' is never closed", "write ] after it")
    if match["star"]:
        if len(match["star"]) > 1:
            raise BadPath("GLOB", f"in {pattern}, ** is a part of a name", "write **/ before it")
        return "[^/]*"
    return "[^/]" if match["any"] else _character_set(match["set"])


def _character_set(inside: str) -> str:
    negated = inside.startswith(("!", "^"))
    members = inside[1:] if negated else inside
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
    regex = f"(?!/)[{'^' if negated else ''}{escaped}]"
    try:
        re.compile(regex)
    except re.error:
        message = f"[{inside}] is not a set of characters"
        raise BadPath("GLOB", message, "write a range from low to high, e.g. [a-z]") from None
    return regex
