"""What compiling a typed resource needs to know besides the resource. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retinue.address import Address
from retinue.kinds.base import Upload
from retinue.kinds.marker import Owner
from retinue.kinds.values import Ref
from retinue.manifest.model import ExternalId, Reference


@dataclass(frozen=True, slots=True)
class Context:
    """owner: whose objects these are. uploads: the content of every declared file."""

    owner: Owner
    uploads: Mapping[Address, Upload]


def leaf(reference: Reference) -> Ref | str:
    """A reference as a value: our own resource's ID-to-be, or somebody else's literal ID."""
    return reference.id if isinstance(reference, ExternalId) else Ref(reference)


def addresses(references: Iterable[Reference]) -> tuple[Address, ...]:
    """The resources of the project among ``references``, each once, sorted."""
    return tuple(sorted({item for item in references if isinstance(item, Address)}))
