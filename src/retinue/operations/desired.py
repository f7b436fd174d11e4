"""From the manifests to what the engine compares: read contents, compile for the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from retinue.address import Address
from retinue.kinds.api import Api
from retinue.kinds.base import Adapter, Resource
from retinue.kinds.desired import Context
from retinue.kinds.file import FileAdapter, compile_file
from retinue.kinds.marker import Owner
from retinue.kinds.vector_store import VectorStoreAdapter, compile_vector_store
from retinue.manifest.model import Assistant, Declared, File, Function, Manifest, VectorStore
from retinue.project import Project
from retinue.targets.assistants import AssistantAdapter, compile_assistant
from retinue.uploads import read_uploads

_COMPILERS: Mapping[type[Any], Callable[[Any, Context], Resource]] = {
    File: compile_file,
    VectorStore: compile_vector_store,
    Assistant: compile_assistant,
}


def desired(project: Project, manifest: Manifest) -> dict[Address, Resource]:
    """Every platform object that the project wants; functions are part of their assistants."""
    files = [item for item in manifest.resources.values() if isinstance(item, File)]
    cache = project.root / ".retinue" / "cache" / "hashes.json"
    uploads = read_uploads([(file.path, file.shown) for file in files], cache)
    by_address = {file.address: upload for file, upload in zip(files, uploads, strict=True)}
    context = Context(Owner(project.name, project.stack), by_address)
    return {
        address: _compile(item, context)
        for address, item in manifest.resources.items()
        if not isinstance(item, Function)
    }


def _compile(item: Declared, context: Context) -> Resource:
    return _COMPILERS[type(item)](item, context)


def adapters(api: Api) -> dict[str, Adapter]:
    """An adapter for every type that a state may hold, by type name."""
    every: tuple[Adapter, ...] = (FileAdapter(api), VectorStoreAdapter(api), AssistantAdapter(api))
    return {adapter.type.name: adapter for adapter in every}
