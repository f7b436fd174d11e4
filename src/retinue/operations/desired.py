"""From the manifests to what the engine compares: read contents, compile for the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from retinue.address import Address
from retinue.errors import SecretUnreadable
from retinue.kinds.api import Api
from retinue.kinds.automation import AutomationAdapter, compile_automation
from retinue.kinds.base import Adapter, Resource, Upload
from retinue.kinds.credential import CredentialAdapter, compile_credential
from retinue.kinds.desired import Context
from retinue.kinds.environment import EnvironmentAdapter, compile_environment
from retinue.kinds.file import FileAdapter, compile_file
from retinue.kinds.marker import Owner
from retinue.kinds.skill import SkillAdapter, compile_skill
from retinue.kinds.values import Sealed, unread
from retinue.kinds.vault import VaultAdapter, compile_vault
from retinue.kinds.vector_store import VectorStoreAdapter, compile_vector_store
from retinue.manifest.model import (
    Assistant,
    Automation,
    Credential,
    Environment,
    File,
    Function,
    InlineFile,
    Manifest,
    Secret,
    Skill,
    Vault,
    VectorStore,
)
from retinue.project import Project
from retinue.secrets import Secrets
from retinue.targets.registry import ADAPTERS, COMPILERS
from retinue.uploads import Folder, read_uploads

_COMPILERS: Mapping[type[Any], Callable[[Any, Context], Resource]] = {
    File: compile_file,
    VectorStore: compile_vector_store,
    Skill: compile_skill,
    Environment: compile_environment,
    Vault: compile_vault,
    Credential: compile_credential,
    Automation: compile_automation,
    Assistant: lambda assistant, context: COMPILERS[assistant.target](assistant, context),
}
_ADAPTERS: tuple[Callable[[Api], Adapter], ...] = (
    FileAdapter,
    VectorStoreAdapter,
    SkillAdapter,
    EnvironmentAdapter,
    VaultAdapter,
    CredentialAdapter,
    AutomationAdapter,
    *ADAPTERS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the manifests want: compiled resources, moves, and objects to leave on the platform.
    unseal: gives the text of a secret that the resources only know by its fingerprint. unread: why
    secrets of resources could not be read; only who writes to the platform needs them."""

    desired: Mapping[Address, Resource] = field(default_factory=dict)
    moves: tuple[tuple[Address, Address], ...] = ()
    forget: frozenset[Address] = frozenset()
    unseal: Callable[[Sealed], str] = field(default=str, repr=False)
    unread: Mapping[Address, Mapping[Secret, SecretUnreadable]] = field(default_factory=dict)


def wanted(project: Project, manifest: Manifest, *, reading: bool = True) -> Wanted:
    """Compile every platform object that the project wants; functions are part of assistants.

    Without ``reading`` no secret is read: who looks at what was applied, and at what is live, does
    not compare them.
    """
    secrets = secrets_of(project)
    failures: dict[Secret, SecretUnreadable] = {}

    def seal(secret: Secret) -> Sealed:
        if reading and secret not in failures:
            try:
                return secrets.seal(secret)
            except SecretUnreadable as error:
                failures[secret] = error
        return Sealed(None, secret)

    uploads, inline = _contents(project, manifest)
    desired = _compiled(manifest, Context(owner_of(project), uploads, seal, inline))
    return Wanted(
        desired=desired,
        moves=tuple((entry.source, entry.target) for entry in manifest.moves),
        forget=frozenset(entry.address for entry in manifest.removals if not entry.destroy),
        unseal=secrets.open,
        unread=_unread(desired, failures) if failures else {},
    )


def _unread(
    desired: Mapping[Address, Resource], failures: Mapping[Secret, SecretUnreadable]
) -> dict[Address, dict[Secret, SecretUnreadable]]:
    sources = {address: unread(resource.values) for address, resource in desired.items()}
    return {a: {s: failures[s] for s in found} for a, found in sources.items() if found}


def owner_of(project: Project) -> Owner:
    """Whose the stack's objects are."""
    return Owner(project.name, project.stack)


def secrets_of(project: Project) -> Secrets:
    """What reads the stack's secrets; each once."""
    return Secrets(project.environ, project.root, owner_of(project))


def _contents(
    project: Project, manifest: Manifest
) -> tuple[dict[Address, Upload], dict[Address, tuple[Upload, ...]]]:
    """The content of every file and skill, and what is sent inside of every environment."""
    items = manifest.resources.values()
    files = [item for item in items if isinstance(item, File)]
    skills = [item for item in items if isinstance(item, Skill)]
    environments = [item for item in items if isinstance(item, Environment)]
    inline = {
        e.address: [f for f in e.files or () if isinstance(f, InlineFile)] for e in environments
    }
    plugins = {e.address: e.plugins or () for e in environments}
    paths = [(file.path, file.shown) for file in files]
    paths += [(file.source, file.shown) for each in inline.values() for file in each]
    folders: list[Folder] = [(skill.path, skill.shown, skill.files) for skill in skills]
    folders += [(p.path, p.shown, p.files) for each in plugins.values() for p in each]
    cache = project.root / ".retinue" / "cache" / "hashes.json"
    found = iter(read_uploads(paths, cache, folders=folders))
    uploads = {file.address: next(found) for file in files}
    alone = {address: [next(found) for _ in each] for address, each in inline.items()}
    uploads |= {skill.address: next(found) for skill in skills}
    packed = {address: [next(found) for _ in each] for address, each in plugins.items()}
    return uploads, {address: (*alone[address], *packed[address]) for address in alone}


def _compiled(manifest: Manifest, context: Context) -> dict[Address, Resource]:
    return {
        address: _COMPILERS[type(item)](item, context)
        for address, item in manifest.resources.items()
        if not isinstance(item, Function)
    }


def adapters(api: Api) -> dict[str, Adapter]:
    """An adapter for every type that a state may hold, by type name."""
    every = (make(api) for make in _ADAPTERS)
    return {adapter.type.name: adapter for adapter in every}
