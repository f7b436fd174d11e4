"""The typed resources that manifests declare: what `compose` returns and targets compile.

Frozen data only. Values are as the user meant them: texts composed, defaults *not* filled in, so
that a field nobody named stays unmanaged. References are addresses, or literal platform IDs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from retinue.address import Address
from retinue.manifest.model_checks import Check, Handler
from retinue.problem import Place, Places, Problem

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class ExternalId:
    """A platform object that somebody else owns: used by its ID, never changed."""

    id: str


Reference: TypeAlias = Address | ExternalId


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """``protect`` refuses deletion; ``ignore_changes`` names fields whose drift is left alone."""

    protect: bool = False
    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeInterpreter:
    """The code_interpreter tool. ``files`` is None where the manifest does not name them."""

    files: tuple[Reference, ...] | None = None


@dataclass(frozen=True, slots=True)
class FileSearch:
    """The file_search tool. ``options`` holds max_num_results and ranking_options as written."""

    vector_store: Reference | None = None
    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function tool: the whole definition (name, description, parameters, strict).

    ``source`` is the address under ``functions:``, None for a definition written inline.
    """

    definition: Mapping[str, Json]
    source: Address | None = None


@dataclass(frozen=True, slots=True)
class PlainTool:
    """Any other tool (web_search, mcp ...): its mapping as written, ``type`` included."""

    definition: Mapping[str, Json]


Tool: TypeAlias = CodeInterpreter | FileSearch | FunctionTool | PlainTool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """An assistant. ``fields`` holds what the manifest names among name, model, description,
    instructions (one composed text), temperature, top_p, reasoning_effort, response_format and
    metadata; ``name`` is always there (default: the key). ``tools`` is None when not named.
    ``checks`` are `retinue test`'s alone.
    """

    address: Address
    fields: Mapping[str, Json]
    tools: tuple[Tool, ...] | None
    lifecycle: Lifecycle
    checks: tuple[Check, ...] = ()
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function definition (name, description, parameters, strict): part of assistants.

    ``handler`` answers its calls on this machine, and is no part of the definition.
    """

    address: Address
    definition: Mapping[str, Json]
    handler: Handler | None = None
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to upload. ``path`` is absolute and inside the project; ``shown`` is relative to it
    with forward slashes. ``fields`` holds purpose (always) and expires_after (when named)."""

    address: Address
    path: Path
    shown: str
    fields: Mapping[str, Json]
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A file's place in a vector store; ``attributes`` is None where the manifest names none."""

    file: Reference
    attributes: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorStore:
    """A vector store. ``fields`` holds what is named among name (always; default: the key),
    description, expires_after, chunking_strategy and metadata. ``files`` is None when not named."""

    address: Address
    fields: Mapping[str, Json]
    files: tuple[StoreFile, ...] | None
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


Declared: TypeAlias = Assistant | Function | File | VectorStore


@dataclass(frozen=True, slots=True)
class Move:
    """A ``moved:`` entry: the object known as ``source`` is now called ``target``."""

    source: Address
    target: Address
    place: Place


@dataclass(frozen=True, slots=True)
class Removal:
    """A ``removed:`` entry: forget ``address``; delete the object only when ``destroy``."""

    address: Address
    destroy: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a project declares, in address order, and the warnings met on the way."""

    resources: Mapping[Address, Declared]
    moves: tuple[Move, ...] = ()
    removals: tuple[Removal, ...] = ()
    warnings: tuple[Problem, ...] = ()
