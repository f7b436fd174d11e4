"""Where something stands in a file, and what is wrong with it there.

Pure data, shared by the manifest reader, the targets and the renderers. It must import
nothing of Retinue, so that every room can use it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

KeyPath = tuple[str | int, ...]
"""A path of keys and indexes inside a document, e.g. ``("tools", 0, "type")``."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file: path relative to the project folder, 1-based line and column."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Places(Protocol):
    """Answers where a part of a resource was written."""

    def at(self, *path: str | int) -> Place:
        """Return the place of ``path``, or of its nearest enclosing part that has one."""
        ...

    def of(self, value: Any) -> Place:
        """Return the place of the first part that is written as ``value``; where none is, that of
        the resource."""
        ...


@dataclass(frozen=True, slots=True)
class FixedPlace:
    """A `Places` that knows only one place: for resources that no mapping in a file spells out."""

    place: Place

    def at(self, *path: str | int) -> Place:
        del path
        return self.place

    def of(self, value: Any) -> Place:
        del value
        return self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong (or deprecated) in what the user wrote.

    ``code`` is stable (``RTN-MANIFEST-UNKNOWN-KEY``), ``message`` says what is wrong and
    ``hint`` how to mend it; neither ends in a full stop.
    """

    code: str
    place: Place
    message: str
    hint: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {self.severity}: {self.message}{tail} [{self.code}]"


def in_reading_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by file, line, column, then code: the order in which a reader meets them."""
    return sorted(set(problems), key=lambda p: (p.place, p.code, p.message))
