"""Small builders for tests of the engine: a resource type, and what is wanted, applied and live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from retinue.address import Address
from retinue.engine.entry import Entry, Intent, Snapshot
from retinue.engine.facts import Facts
from retinue.engine.plan import Action, Change, Plan
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType
from retinue.kinds.marker import Marker, Owner

OWNER = Owner("demo", "default")

THING = ResourceType(
    name="thing",
    kind="thing",
    title="thing",
    attributes={
        "name": Attribute(),
        "size": Attribute(default=1),
        "birth": Attribute(immutable=True),
        "secret": Attribute(write_only=True),
        "uses": Attribute(default=[], normalise=lambda ids: sorted(map(str, ids or ()))),
        "options": Attribute(default={}),
        "version": Attribute(computed=True),
        MARKER: Attribute(),
    },
)
"""One attribute of each behaviour that the engine knows."""

LOOSE = ResourceType(
    name="loose",
    kind="loose",
    title="loose thing",
    marked=False,
    signature=("filename", "bytes", "purpose"),
    attributes={name: Attribute(immutable=True) for name in ("filename", "bytes", "purpose")},
)
"""Like files: nothing can be changed, and nothing says whose it is."""


OTHER = ResourceType(
    name="other.thing",
    kind="thing",
    title="other thing",
    attributes={"name": Attribute(), "shape": Attribute(), MARKER: Attribute()},
)
"""What a thing is on another target."""

RELEASE = ResourceType(
    name="release.thing",
    kind="thing",
    title="release",
    marked=False,
    recorded=True,
    attributes={"name": Attribute(), "digest": Attribute(computed=True)},
)
"""A thing that the platform knows nothing of."""


def at(text: str) -> Address:
    """``thing.a``, or short: ``a``."""
    return Address.parse(text if "." in text else f"thing.{text}")


def resource(name: str, /, *needs: str, type_: ResourceType = THING, **more: Any) -> Resource:
    """What the manifests want; ``values`` and the fields of a resource come as keywords."""
    fields = {key: more.pop(key) for key in ("protect", "ignore_changes") if key in more}
    deps = tuple(sorted(map(at, needs)))
    return Resource(address=at(name), type=type_, values=more, depends_on=deps, **fields)


def entry(name: str, /, *needs: str, id: str | None = None, **more: Any) -> Entry:  # noqa: A002
    """What the state remembers; the ID is ``id-name`` unless given."""
    fields = {key: more.pop(key) for key in ("protect", "deposed", "type") if key in more}
    return Entry(
        address=at(name),
        type=fields.pop("type", "thing"),
        id=id or f"id-{name}",
        values=more,
        depends_on=tuple(sorted(map(at, needs))),
        **fields,
    )


def live(
    object_id: str, /, *, marked: str | None = None, created_at: int = 0, **values: Any
) -> Live:
    """An object on the platform; ``marked`` is ``operation/name``."""
    marker = None
    if marked is not None:
        operation, _, name = marked.partition("/")
        marker = Marker(OWNER, at(name), operation)
    return Live(id=object_id, values=values, marker=marker, created_at=created_at)


def intent(operation: str, name: str, /, started_at: float = 1000.0, **more: Any) -> Intent:
    """A create that was begun."""
    fields = {key: more.pop(key) for key in ("replaces", "type") if key in more}
    type_ = fields.pop("type", "thing")
    return Intent(
        operation=operation,
        address=at(name),
        type=type_,
        values=more,
        started_at=started_at,
        **fields,
    )


def snapshot(*entries: Entry, pending: Iterable[Intent] = (), **more: Any) -> Snapshot:
    """A state."""
    return Snapshot(
        project=OWNER.project,
        stack=OWNER.stack,
        lineage="lineage",
        entries={each.address: each for each in entries},
        pending={each.operation: each for each in pending},
        **more,
    )


def facts(
    desired: Iterable[Resource] = (),
    applied: Iterable[Entry] = (),
    there: Iterable[Live] = (),
    *,
    adoptable: Mapping[str, Live] | None = None,
    previous: Mapping[str, str] | None = None,
    forget: Iterable[str] = (),
    destroy: bool = False,
) -> Facts:
    """All that a plan is decided on; live objects are found by their IDs."""
    state = snapshot(*applied)
    by_id = {each.id: each for each in there}
    return Facts(
        desired={each.address: each for each in desired},
        snapshot=state,
        live={address: by_id.get(each.id) for address, each in state.entries.items()},
        types={each.name: each for each in (THING, LOOSE, OTHER, RELEASE)},
        adoptable={at(name): each for name, each in (adoptable or {}).items()},
        previous={at(new): at(old) for new, old in (previous or {}).items()},
        forget=frozenset(map(at, forget)),
        destroy=destroy,
    )


def change(action: Action, name: str, /, *needs: str, **more: Any) -> Change:
    """One change; ``frees`` are the addresses that it stops using."""
    released = tuple(map(at, more.pop("frees", ())))
    has_object = action is not Action.CREATE
    more.setdefault("id", f"id-{name}" if has_object else None)
    more.setdefault("after", None if action in (Action.DELETE, Action.FORGET) else {"name": "n"})
    return Change(
        address=at(name),
        type="thing",
        action=action,
        depends_on=tuple(map(at, needs)),
        released_from=released,
        **more,
    )


def plan(*changes: Change, **more: Any) -> Plan:
    """A plan of ``changes``, in their order."""
    fields: dict[str, Any] = {
        "id": "plan-1",
        "created_at": "2026-01-01T00:00:00+00:00",
        "project": "demo",
        "stack": "default",
        "lineage": "lineage",
        "serial": 3,
        "platform": "http://platform.test/v1",
        **more,
    }
    return Plan(changes=changes, **fields)
