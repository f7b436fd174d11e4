"""What compiling a typed resource needs to know besides the resource. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from retinue.address import Address
from retinue.kinds.base import Resource, ResourceType, Upload
from retinue.kinds.marker import Owner
from retinue.kinds.values import Ref, Sealed, Values
from retinue.manifest.model import (
    Assistant,
    Automation,
    Credential,
    Environment,
    ExternalId,
    File,
    Reference,
    Secret,
    Skill,
    Vault,
    VectorStore,
)


@dataclass(frozen=True, slots=True)
class Context:
    """owner: whose objects these are. uploads: the content of every declared file and skill.
    seal: reads a secret and gives what may be kept of it. inline: what is sent inside of declared
    environments, inline files first, then plugins."""

    owner: Owner
    uploads: Mapping[Address, Upload]
    seal: Callable[[Secret], Sealed]
    inline: Mapping[Address, tuple[Upload, ...]] = field(default_factory=dict)


def leaf(reference: Reference) -> Ref | str:
    """A reference as a value: our own resource's ID-to-be, or somebody else's literal ID."""
    return reference.id if isinstance(reference, ExternalId) else Ref(reference)


def addresses(references: Iterable[Reference]) -> tuple[Address, ...]:
    """The resources of the project among ``references``, each once, sorted."""
    return tuple(sorted({item for item in references if isinstance(item, Address)}))


Managed: TypeAlias = (
    Assistant | File | VectorStore | Environment | Vault | Credential | Skill | Automation
)
"""What becomes a resource: everything that is declared but functions, which are parts."""


def resource_of(
    declared: Managed,
    type_: ResourceType,
    values: Values,
    *,
    uses: Iterable[Reference] = (),
    parts: Mapping[str, Iterable[str]] = MappingProxyType({}),
    upload: Upload | None = None,
    inline: tuple[Upload, ...] = (),
) -> Resource:
    """Put a resource together from what was compiled; ``uses`` are the references in it.

    ``parts`` names the attributes of those fields of the manifest that are not just the one of the
    same name, for ``ignore_changes``.
    """
    fields, uses = declared.lifecycle.ignore_changes, tuple(uses)
    return Resource(
        address=declared.address,
        type=type_,
        values=values,
        depends_on=addresses(uses),
        observes=tuple(dict.fromkeys(item for item in uses if isinstance(item, ExternalId))),
        protect=declared.lifecycle.protect,
        ignore_changes=frozenset(name for field in fields for name in parts.get(field, (field,))),
        upload=upload,
        inline=inline,
        places=declared.places,
    )
