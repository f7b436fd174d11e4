"""What the readers of dumps give: objects as somebody kept them, and where. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from retinue.errors import DumpUnreadable
from retinue.manifest.keys import redacted

Sort: TypeAlias = Literal["assistant", "vector_store", "file"]


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where something stands: a file as the user called it, and a place in it (may be empty)."""

    file: str
    at: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.at}" if self.at else self.file


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why something can't be read, and how to mend it."""

    origin: Origin
    message: str
    hint: str = ""

    def __str__(self) -> str:
        tail = f"\n    {self.hint}" if self.hint else ""
        return f"{self.origin}: {self.message}{tail}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was passed over, or is missing, and why."""

    origin: Origin
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One object. ``values`` are its fields as its source has them; ``label`` is what its source
    calls it, for want of a name of its own."""

    sort: Sort
    origin: Origin
    values: Mapping[str, Any]
    label: str = ""

    @property
    def path(self) -> str:
        """The path that a file was uploaded from; empty where the source has none."""
        paths = (self.values.get(key) for key in ("file", "file_path", "filepath"))
        return next((path for path in paths if isinstance(path, str)), "")

    @property
    def object_id(self) -> str:
        """The platform's ID; empty where the source has none."""
        found = self.values.get("id")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a vector store or, in the first API, to an assistant."""

    owner: str
    file: str


@dataclass(slots=True)
class Haul:
    """Everything that was found; what is said of it never shows a key. ``last_pages`` counts the
    pages of lists that no other follows; ``found`` are the IDs of files that are there, where
    their record says that they were uploaded from. ``skipped`` are files of folders that nobody
    looked into."""

    records: list[Record] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    last_pages: int = 0
    unfinished: list[Origin] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    skipped: list[str] = field(default_factory=list)

    def of(self, sort: Sort) -> list[Record]:
        """The records of one sort, in the order in which they were found."""
        return [record for record in self.records if record.sort == sort]

    def note(self, origin: Origin, message: str) -> None:
        self.notes.append(Note(origin, redacted(message)))

    def flaw(self, origin: Origin, message: str, hint: str = "") -> None:
        self.flaws.append(Flaw(origin, redacted(message), hint))


def unreadable(flaws: Iterable[Flaw]) -> DumpUnreadable:
    """The error that shows every flaw, file by file."""
    given = list(flaws)
    files = {
        file: turn for turn, file in enumerate(dict.fromkeys(each.origin.file for each in given))
    }
    found = sorted(given, key=lambda flaw: files[flaw.origin.file])
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    lines = "\n".join(f"  {flaw}" for flaw in found)
    return DumpUnreadable(
        f"{count} in what was given to import:\n{lines}", hint="nothing was written"
    )
