"""What an import from files did, and what got lost on the way: field by field. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from retinue.address import Address
from retinue.manifest.schema_project import TARGETS
from retinue.operations.dumps.records import Note, Origin

Kind: TypeAlias = Literal["dropped", "changed", "unknown", "decide"]
"""dropped: no manifest holds it. changed: written in another form. unknown: the files don't tell.
decide: somebody has to."""

KINDS: Final[tuple[Kind, ...]] = ("dropped", "changed", "unknown", "decide")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is not as it was. ``targets`` are those that it matters on; ``hint`` says
    what to do; of what is ``routine``, nobody needs to know which assistants have it."""

    kind: Kind
    field: str
    message: str
    targets: tuple[str, ...] = TARGETS
    hint: str = ""
    routine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One assistant. ``declared`` says where it is declared already, empty where it is new;
    ``manifest`` is the new file, empty where there is none."""

    address: Address
    object_id: str
    name: str
    origin: Origin
    manifest: str = ""
    declared: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to write: its path as shown, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything. ``dry`` says that no file was written; ``files`` are those that are, or would
    be. ``outside`` says that they are where no command looks for manifests."""

    taken: tuple[Taken, ...]
    files: tuple[NewFile, ...]
    notes: tuple[Note, ...]
    dry: bool
    outside: bool = False

    @property
    def new(self) -> int:
        """How many assistants are new."""
        return sum(not each.declared for each in self.taken)
