"""The seam between engine and kinds: how a type is compared, and how it is read and written.

The engine knows resources only through the types of this module; it asks the world through
`Adapter` and never sees the SDK.
"""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from retinue.address import Address
from retinue.kinds.marker import Marker
from retinue.kinds.values import SCALARS, Values
from retinue.manifest.model import ExternalId
from retinue.problem import Places


def keep(value: Any) -> Any:
    """The normaliser of attributes whose value the platform returns as it was sent."""
    return value


def same_keys(live: Any, wanted: Any, applied: Any) -> Any:
    """Drop what the server filled in: nested keys that neither the manifest nor we ever named."""
    if live == wanted or isinstance(live, SCALARS) or not isinstance(live, Mapping):
        return live
    wanted, applied = _mapping(wanted), _mapping(applied)
    kept = {
        key: same_keys(item, wanted.get(key), applied.get(key))
        for key, item in live.items()
        if key in wanted or key in applied
    }
    whole = len(kept) == len(live) and all(map(operator.is_, kept.values(), live.values()))
    return live if whole else kept


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """How one attribute of a type behaves on the platform.

    default: what the platform shows when the attribute was never set; a field that leaves the
        manifest goes back to it.
    immutable: a change needs a new object.
    write_only: the platform never returns it, so the last applied value stands for the live one.
    after_create: can only be written once the object exists (files of a vector store).
    computed: the platform decides it when we write (the version of a skill). No manifest names it;
        the value that a write brought about is recorded, and is what we want from then on.
    normalise: brings desired, applied and live into one form before they are compared.
    reduce: cuts a live value down to what we manage, given the wanted and the applied value.
    """

    default: Any = None
    immutable: bool = False
    write_only: bool = False
    after_create: bool = False
    computed: bool = False
    normalise: Callable[[Any], Any] = keep
    reduce: Callable[[Any, Any, Any], Any] = same_keys


MARKER = "marker"
"""The attribute that says whose the object is; hidden unless it is all that changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A type of object on a platform. ``name`` is stored in the state: never change one.

    title: for people. marked: its objects can carry the marker. signature: the attributes by which
    an object that can't is recognised after a lost answer. lists_in_part: list pages leave
    something out, so that listed objects have to be completed. within: the attribute that names
    what its objects are in; they are listed by that, and not newest first. recorded: there is no
    object on the platform, the entry in the state is all there is. closing: a platform may have
    closed the whole family of endpoints; its objects are gone then.
    """

    name: str
    kind: str
    title: str
    attributes: Mapping[str, Attribute]
    marked: bool = True
    signature: tuple[str, ...] = ()
    lists_in_part: bool = False
    within: str | None = None
    recorded: bool = False
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A local file to be sent. ``shown`` is its path relative to the project.

    A folder has ``files``: the SHA-256 of each by its path relative to the folder, sorted, with
    forward slashes; ``sha256`` is then over all of these, ``size`` the sum of the sizes.
    """

    path: Path
    shown: str
    sha256: str
    size: int
    files: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What the manifests want at one address. ``values`` may hold `Ref` leaves; ``observes`` are
    somebody else's objects in them. ``inline`` is what is sent inside of the object itself, in no
    request of its own."""

    address: Address
    type: ResourceType
    values: Values
    depends_on: tuple[Address, ...] = ()
    observes: tuple[ExternalId, ...] = ()
    protect: bool = False
    ignore_changes: frozenset[str] = frozenset()
    upload: Upload | None = None
    inline: tuple[Upload, ...] = ()
    places: Places | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One object as the platform shows it. ``created_at`` in unix seconds."""

    id: str
    values: Values
    created_at: int = 0
    marker: Marker | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


def computed_values(type_: ResourceType, live: Live) -> dict[str, Any]:
    """Those attributes of ``live`` that the platform decided."""
    return {
        name: live.values[name]
        for name, attribute in type_.attributes.items()
        if attribute.computed and name in live.values
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write, every reference resolved. ``changed`` names the attributes to send; ``applied``
    are the values as last applied, for what is no longer named inside of one. Secrets are open in
    those of ``values`` that are ``changed``, and nowhere else. ``marker`` is written for the
    attribute `MARKER`, unless the value of that is None: then the object is to lose its marker."""

    address: Address
    values: Values = field(repr=False)
    changed: frozenset[str]
    marker: Marker
    upload: Upload | None = None
    inline: tuple[Upload, ...] = ()
    applied: Values = field(default_factory=dict)


class Adapter(Protocol):
    """Reads and writes the objects of one type. Every method may raise `PlatformError`."""

    @property
    def type(self) -> ResourceType: ...

    def pages(self, within: Iterable[str] | None = None) -> AsyncIterator[Sequence[Live]]:
        """All objects, a page at a time, newest first; values may lack what needs more calls.

        Where the type has a `ResourceType.within`: those in the objects of these IDs alone, in no
        order of time.
        """
        ...

    async def complete(self, live: Live) -> Live:
        """Add what list pages leave out (the files of a vector store)."""
        ...

    async def read(self, object_id: str) -> Live | None:
        """One whole object; None when it does not exist."""
        ...

    async def create(self, write: Write) -> Live:
        """Create the object; never sent twice by the adapter itself.

        Raises:
            Unavailable: the answer was lost, the object may exist.
        """
        ...

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        """Change ``write.changed`` of an existing object; safe to repeat."""
        ...

    async def delete(self, object_id: str) -> None:
        """Delete the object; one that is gone already is no error."""
        ...
