"""The typed resources that manifests declare: what `compose` returns and targets compile.

Frozen data only. Values are as the user meant them: texts composed, defaults *not* filled in, so
that a field nobody named stays unmanaged. References are addresses, or literal platform IDs.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from retinue.address import Address
from retinue.manifest.model_checks import Check, Handler
from retinue.problem import Place, Places, Problem

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class ExternalId:
    """A platform object of a ``kind`` that somebody else owns: used by its ID, never changed."""

    kind: str
    id: str


Reference: TypeAlias = Address | ExternalId


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a text comes from that is never written down: the environment variable ``env``, or
    what ``command`` prints. Exactly one of the two is given."""

    env: str = ""
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"${{env:{self.env}}}" if self.env else shlex.join(self.command)


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
    """The file_search tool. ``options`` holds max_num_results and ranking_options as written;
    ``retrieval`` says that it is written so, as in the first Assistants API, ``unresolved`` that it
    names a vector store that there isn't, which is reported already."""

    vector_store: Reference | None = None
    options: Mapping[str, Json] = field(default_factory=dict)
    retrieval: bool = False
    unresolved: bool = False


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function tool: the whole definition (name, description, parameters, strict).

    ``source`` is the address under ``functions:``, None for a definition written inline.
    ``options`` holds what stands beside ``function``: defer_loading and async, as written.
    """

    definition: Mapping[str, Json]
    source: Address | None = None
    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebSearch:
    """The web_search tool. ``options`` holds allowed_domains, context_size, location and mode as
    written."""

    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mcp:
    """Tools of an MCP server, called ``label`` in calls. ``options`` holds everything else as
    written; ``credential`` is the vault's that opens the server (target agents)."""

    label: str
    options: Mapping[str, Json] = field(default_factory=dict)
    credential: Reference | None = None


@dataclass(frozen=True, slots=True)
class PlainTool:
    """Any other tool (tool_search ...): its mapping as written, ``type`` included."""

    definition: Mapping[str, Json]


Tool: TypeAlias = CodeInterpreter | FileSearch | FunctionTool | WebSearch | Mcp | PlainTool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """An assistant on ``target``. ``fields`` holds what the manifest names among the keys of
    `schema.ASSISTANT_FIELDS`, instructions as one composed text; ``name`` is always there (default:
    the key). ``tools`` and ``vaults`` are None when not named. ``environment`` and ``vaults`` are
    what a session of an agent gets. ``checks`` are `retinue test`'s alone.
    """

    address: Address
    target: str
    fields: Mapping[str, Json]
    tools: tuple[Tool, ...] | None
    environment: Reference | None = None
    vaults: tuple[Reference, ...] | None = None
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


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """A file that is there before an agent starts, at the absolute ``path``."""

    path: str
    file: Reference


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A local file whose content is part of an environment, at the absolute ``path`` in it.
    ``source`` is absolute and inside the project; ``shown`` is relative to that."""

    path: str
    source: Path
    shown: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A folder with a plugin.json, whose content is part of an environment. ``path``, ``shown`` and
    ``files`` are as of a `Skill`; ``title`` and ``description`` are what plugin.json says."""

    path: Path
    shown: str
    files: tuple[str, ...]
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class SkillUse:
    """A skill of an environment; ``version`` None is the skill's default one."""

    skill: Reference
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A template of the environments that agents work in. ``fields`` holds what is named among
    name (always; default: the key), network, packages, setup_commands, capability_directories and
    desktop. ``files``, ``skills``, ``plugins`` and ``variables`` are None when not named."""

    address: Address
    fields: Mapping[str, Json]
    files: tuple[EnvironmentFile | InlineFile, ...] | None
    skills: tuple[SkillUse, ...] | None
    plugins: tuple[Plugin, ...] | None
    variables: Mapping[str, str | Secret] | None
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """A vault for credentials. ``fields``: name (always; default: the key) and metadata."""

    address: Address
    fields: Mapping[str, Json]
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret in a vault. ``fields``: name (always; default: the key) and metadata. ``auth`` is
    the platform's form of it, ``type`` included, with `Secret` in the place of secret texts."""

    address: Address
    vault: Reference
    fields: Mapping[str, Json]
    auth: Mapping[str, Any]
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A folder with a SKILL.md. ``path`` is absolute and inside the project; ``shown`` relative to
    it. ``files`` are the paths of its files, relative to the folder, with forward slashes, sorted;
    ``title`` and ``description`` are what SKILL.md says."""

    address: Address
    path: Path
    shown: str
    files: tuple[str, ...]
    title: str
    description: str
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """Sessions of an agent that start by themselves. ``fields``: name (always; default: the key)
    and metadata. ``schedule`` is {type: periodic, expression, timezone} or {type: once, run_at}
    (unix seconds). ``paused`` is None when not named. ``session_metadata``: of each new session."""

    address: Address
    fields: Mapping[str, Json]
    schedule: Mapping[str, Json]
    assistant: Reference
    prompt: str
    environment: Reference | None = None
    vaults: tuple[Reference, ...] | None = None
    session_metadata: Mapping[str, str] | None = None
    paused: bool | None = None
    lifecycle: Lifecycle
    places: Places = field(compare=False, repr=False)


Declared: TypeAlias = (
    Assistant
    | Function
    | File
    | VectorStore
    | Environment
    | Vault
    | Credential
    | Skill
    | Automation
)


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
