"""Take over what lives on the platform: record it, and write the manifest where there is none.

Nothing is written to the platform: the marker comes with the next apply.
"""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from retinue.address import Address
from retinue.engine.entry import Entry, Snapshot
from retinue.errors import FamilyGone, NotFound, UsageError
from retinue.kinds.base import Adapter, Live, Resource
from retinue.kinds.credential import CREDENTIAL, parts_of
from retinue.kinds.marker import Owner
from retinue.kinds.values import Ref
from retinue.kinds.vector_store import VECTOR_STORE
from retinue.manifest.writer import to_yaml
from retinue.operations.desired import Wanted
from retinue.operations.naming import FOLDER, free_address
from retinue.operations.recorded import entry_for
from retinue.operations.session import Session, open_session, require_home, state_of
from retinue.project import Project
from retinue.targets.agents import AGENT
from retinue.targets.assistants import ASSISTANT
from retinue.targets.export import assistant_manifest, vector_store_manifest
from retinue.targets.export_agents import agent_manifest

Notice = Callable[[str], None]

_SECTIONS = {"assistant": "assistants", "vector_store": "vector_stores"}

_Describe = Callable[[Live, Mapping[str, str]], dict[str, Any]]
_DESCRIBED: Mapping[str, _Describe] = {
    VECTOR_STORE.name: vector_store_manifest,
    ASSISTANT.name: assistant_manifest,
    AGENT.name: agent_manifest,
}
"""What a manifest can be written of from the object alone, by type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """recorded: new entries. written: manifest files, relative to the project. notes: what was
    passed over and why."""

    recorded: tuple[Entry, ...]
    written: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Taken:
    """An object to take over and the address that it gets."""

    address: Address
    adapter: Adapter
    live: Live
    resource: Resource | None = None


@dataclass(slots=True)
class _Choice:
    chosen: list[_Taken] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def import_one(
    project: Project, want: Wanted, address: Address, object_id: str, notice: Notice
) -> Imported:
    """Record the object ``object_id`` as ``address``.

    Raises:
        UsageError: the address is taken, the object tracked, a credential's vault is missing, or
            what no manifest can be written of is not declared.
        NotFound: there is no such object.
    """
    async with _opened(project, want, notice) as (session, snapshot, write):
        resource = want.desired.get(address)
        adapters = _adapters_of(session, address.kind, resource)
        _check_form(snapshot, address, object_id, resource)
        _check_free(snapshot, address, object_id)
        adapter, live = await _found(adapters, object_id)
        if resource is None and adapter.type.name not in _DESCRIBED:
            raise UsageError(
                f"{address} is not in the manifests",
                hint=f"declare the {adapter.type.title} first, then import it: what it consists "
                "of can't be read from the platform",
            )
        taken = _Taken(address, adapter, live, resource)
        return write([taken], [])


async def _found(adapters: Iterable[Adapter], object_id: str) -> tuple[Adapter, Live]:
    """The object, and the first of ``adapters`` that knows it.

    Raises:
        NotFound: none does.
    """
    title = ""
    for adapter in adapters:
        live = await adapter.read(object_id)
        if live is not None:
            return adapter, live
        title = title or adapter.type.title
    raise NotFound(f"{object_id}: there is no such {title}")


async def import_all(
    project: Project, want: Wanted, patterns: Iterable[str], notice: Notice
) -> Imported:
    """Record every untracked vector store, assistant and agent whose name or ID fits a pattern.

    Files stay where they are and are referred to by ID: their content can't be downloaded.
    """
    patterns = list(patterns) or ["*"]
    async with _opened(project, want, notice) as (session, snapshot, write):
        owner = Owner(project.name, project.stack)
        choice = _Choice()
        taken = {*snapshot.entries, *want.desired}
        tracked = snapshot.objects()
        every = await _all_of([session.adapters[name] for name in _DESCRIBED])
        for adapter, lives in every:
            for live in lives:
                if live.id not in tracked and _fits(live, patterns):
                    _consider(choice, adapter, live, owner, taken)
        for item in choice.chosen:
            item.live = await item.adapter.complete(item.live)
        return write(choice.chosen, choice.notes)


async def _all_of(adapters: Iterable[Adapter]) -> list[tuple[Adapter, list[Live]]]:
    """Every object of each type that the platform has.

    Raises:
        FamilyGone: it has none of them, and so is none, or elsewhere.
    """
    found: list[tuple[Adapter, list[Live]]] = []
    gone: FamilyGone | None = None
    for adapter in adapters:
        try:
            found.append((adapter, [live async for page in adapter.pages() for live in page]))
        except FamilyGone as error:
            gone = error
    if gone is not None and not found:
        raise gone
    return found


def _consider(
    choice: _Choice, adapter: Adapter, live: Live, owner: Owner, taken: set[Address]
) -> None:
    if live.marker is not None and live.marker.owner != owner:
        other = f"{live.marker.owner.project}/{live.marker.owner.stack}"
        choice.notes.append(f"{live.id} belongs to {other}; passed over")
        return
    texts = (str(live.values.get("name") or ""), live.id)
    address = free_address(adapter.type.kind, texts, taken)
    taken.add(address)
    choice.chosen.append(_Taken(address, adapter, live))


def _fits(live: Live, patterns: Iterable[str]) -> bool:
    name = str(live.values.get("name") or "")
    return any(fnmatch.fnmatchcase(text, p) for text in (name, live.id) for p in patterns)


def _adapters_of(session: Session, kind: str, resource: Resource | None) -> list[Adapter]:
    """What may know an object of a kind: that of the declared resource first."""
    wanted = None if resource is None else resource.type.name
    every = session.adapters.values()
    fitting = [a for a in every if a.type.kind == kind and not a.type.recorded]
    if fitting:
        return sorted(fitting, key=lambda adapter: adapter.type.name != wanted)
    kinds = sorted({adapter.type.kind for adapter in every})
    raise UsageError(f"{kind!r} can't be imported", hint=f"kinds are {', '.join(kinds)}")


def _check_form(
    snapshot: Snapshot, address: Address, object_id: str, resource: Resource | None
) -> None:
    """A credential is found in its vault, and nowhere else."""
    if address.kind != CREDENTIAL.kind or all(parts_of(object_id)):
        return
    vault = None if resource is None else resource.values["vault"]
    known = snapshot.ids().get(vault.address) if isinstance(vault, Ref) else vault
    raise UsageError(
        f"{object_id} does not say which vault the credential is in",
        hint=f"retinue import {address} {known or 'vault_…'}/{object_id}",
    )


def _check_free(snapshot: Snapshot, address: Address, object_id: str) -> None:
    if address in snapshot.entries:
        raise UsageError(
            f"{address} is in the state already, as {snapshot.entries[address].id}",
            hint=f"to replace it: retinue state rm {address}",
        )
    for entry in snapshot.entries.values():
        if object_id in entry.objects:
            raise UsageError(f"{object_id} is in the state already, as {entry.address}")


@contextlib.asynccontextmanager
async def _opened(
    project: Project, want: Wanted, notice: Notice
) -> AsyncIterator[tuple[Session, Snapshot, _Writer]]:
    store = state_of(project)
    async with (
        open_session(project, parallelism=project.parallelism) as session,
        store.leased(notice),
    ):
        snapshot = store.read()
        require_home(snapshot, session)
        yield session, snapshot, _Writer(project, want, snapshot, session.platform)


class _Writer:
    """Writes the outcome of an import: the manifests that are missing, then the state.

    What is in the state and in no manifest, the next apply would delete.
    """

    def __init__(self, project: Project, want: Wanted, snapshot: Snapshot, platform: str) -> None:
        self._project = project
        self._platform = platform
        self._want = want
        self._snapshot = snapshot

    def __call__(self, chosen: list[_Taken], notes: list[str]) -> Imported:
        ids = {**self._snapshot.ids(), **{item.address: item.live.id for item in chosen}}
        entries = [
            entry_for(t.adapter.type, t.address, t.live, t.resource, ids.get) for t in chosen
        ]
        names = {e.id: e.address.name for e in (*self._snapshot.entries.values(), *entries)}
        declared = self._want.desired
        written = [self._manifest(item, names) for item in chosen if item.address not in declared]
        if entries:
            merged = {**self._snapshot.entries, **{entry.address: entry for entry in entries}}
            state_of(self._project).write(
                replace(self._snapshot, platform=self._platform, entries=merged)
            )
        return Imported(recorded=tuple(entries), written=tuple(written), notes=tuple(notes))

    def _manifest(self, item: _Taken, names: Mapping[str, str]) -> str:
        body = self._with_target(item, _DESCRIBED[item.adapter.type.name](item.live, names))
        document = {_SECTIONS[item.address.kind]: {item.address.name: body}}
        path = self._path(item.address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_yaml(document), encoding="utf-8", newline="\n")
        return path.relative_to(self._project.root).as_posix()

    def _with_target(self, item: _Taken, body: dict[str, Any]) -> dict[str, Any]:
        """An assistant that is not on the project's target says which one it is on."""
        if item.adapter.type is not ASSISTANT or self._project.target == "assistants":
            return body
        return {"target": "assistants", **body}

    def _path(self, address: Address) -> Path:
        folder = self._project.manifests / FOLDER
        path = folder / f"{address.kind}-{address.name}.yaml"
        number = 2
        while path.exists():
            path = folder / f"{address.kind}-{address.name}-{number}.yaml"
            number += 1
        return path
