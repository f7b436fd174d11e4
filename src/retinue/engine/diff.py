"""The three-way comparison of one resource: desired, applied and live.

Decides *which attributes* differ and what each should become; what follows from that (create,
update, replace) is `retinue.engine.plan`'s. Pure. An equal resource costs one pass over its
attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from retinue.address import Address
from retinue.kinds.base import MARKER, Attribute, Resource, ResourceType
from retinue.kinds.values import Values, replace_ids


@dataclass(frozen=True, slots=True)
class Delta:
    """One attribute that differs: its managed live value and the value it should have."""

    name: str
    before: Any
    after: Any
    forces_replacement: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """One managed attribute that somebody else changed: what we applied and what is there now."""

    name: str
    applied: Any
    live: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome for one resource; both parts empty means nothing to do and nothing drifted.

    before: managed attributes as they are, in the manifest's form; after: as they should be.
    """

    deltas: tuple[Delta, ...]
    drift: tuple[Drift, ...]
    before: Values
    after: Values


def compare(
    desired: Resource,
    wanted: Values,
    applied: Values,
    live: Values,
    renewed: Mapping[str, Address] = MappingProxyType({}),
) -> Comparison:
    """Compare one resource. ``wanted`` are the desired values with known IDs put in.

    Managed are the attributes that the manifest names or named at the last apply; an attribute
    that is no longer named goes back to the platform's default. What the platform decides (computed
    attributes) shall stay as the last write made it. An attribute whose changes are ignored stays
    as it is, but follows ``renewed``: IDs of objects that are being replaced.
    """
    deltas: list[Delta] = []
    drift: list[Drift] = []
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in managed_names(desired.type, wanted, applied, live):
        attribute = desired.type.attributes[name]
        want = _want(attribute, name, wanted, applied, live)
        have = seen(attribute, name, want, applied, live)
        if name in desired.ignore_changes:
            want = replace_ids(have, renewed)
        else:
            drift.extend(drifted(attribute, name, applied, live))
        before[name], after[name] = have, want
        if differs(attribute, want, have):
            deltas.append(Delta(name, have, want, attribute.immutable))
    return Comparison(tuple(deltas), tuple(drift), before, after)


def managed_names(type_: ResourceType, wanted: Values, applied: Values, live: Values) -> list[str]:
    """The attributes we answer for, in the order of the type."""
    return [
        name
        for name, attribute in type_.attributes.items()
        if name in wanted or name in applied or (attribute.computed and name in live)
    ]


def _want(attribute: Attribute, name: str, wanted: Values, applied: Values, live: Values) -> Any:
    if attribute.computed:
        return applied.get(name, live.get(name, attribute.default))
    return wanted.get(name, attribute.default)


def seen(attribute: Attribute, name: str, want: Any, applied: Values, live: Values) -> Any:
    """The live value cut down to what we manage (the applied one where it is never returned)."""
    if attribute.write_only:
        return applied.get(name, attribute.default)
    have = live.get(name, attribute.default)
    return attribute.reduce(have, want, applied.get(name))


def differs(attribute: Attribute, left: Any, right: Any) -> bool:
    """Compare two values in their normal form."""
    return left != right and bool(attribute.normalise(left) != attribute.normalise(right))


def drifted(attribute: Attribute, name: str, applied: Values, live: Values) -> Iterator[Drift]:
    """Yield the drift of one attribute: only what we applied counts, never what we now want."""
    if name not in applied or name == MARKER or attribute.write_only:
        return
    recorded = applied[name]
    have = seen(attribute, name, recorded, applied, live)
    if differs(attribute, recorded, have):
        yield Drift(name, recorded, have)


def drift_only(type_: ResourceType, applied: Values, live: Values) -> tuple[Drift, ...]:
    """Drift of a resource that the manifests no longer declare."""
    names = (name for name in type_.attributes if name in applied)
    return tuple(
        item for name in names for item in drifted(type_.attributes[name], name, applied, live)
    )
