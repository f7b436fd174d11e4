"""The project: what ``retinue.yaml`` says for one stack, as typed settings.

Reads the project file and ``.env`` beside it, and changes neither the environment nor the disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from retinue.errors import ManifestError, UsageError
from retinue.manifest.paths import BadPath, Locator
from retinue.manifest.schema_parts import NAME_MEANS
from retinue.manifest.schema_project import STACK_PATTERN
from retinue.manifest.settings import PROJECT_FILE, Settings, read_dot_env, read_settings
from retinue.problem import Place, in_reading_order

AVAILABLE_TARGETS: Final = ("assistants",)
"""The targets that this version can realise; the schema knows the others, too."""

DEFAULT_PARALLELISM: Final = 8


@dataclass(frozen=True, slots=True)
class LocalPlatform:
    """The embedded platform; ``database`` is its file, absolute."""

    database: Path
    api: Literal["local"] = "local"


@dataclass(frozen=True, slots=True)
class OpenAIPlatform:
    """OpenAI, or a server that speaks its API. ``timeout`` is in seconds.

    None leaves a setting to the SDK (``base_url``, ``timeout``) or to the client's own limits.
    """

    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    timeout: float | None = None
    max_parallel: int | None = None
    api: Literal["openai"] = "openai"


Platform: TypeAlias = LocalPlatform | OpenAIPlatform


@dataclass(frozen=True, slots=True)
class Safety:
    """When a plan is too drastic: percentages of what exists, from ``min_existing`` on."""

    max_delete_percent: int = 30
    max_update_percent: int = 50
    min_existing: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as one stack sees it. All paths are absolute; ``root`` is free of links.

    ``environ`` is the given environment with ``.env`` below it. It holds keys: never show it.
    """

    name: str
    root: Path
    stack: str
    manifests: Path
    manifests_place: Place
    target: str
    platform: Platform
    state_path: Path
    variables: Mapping[str, str | None] = field(default_factory=dict)
    safety: Safety = Safety()
    parallelism: int = DEFAULT_PARALLELISM
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def load_project(
    start: Path,
    *,
    stack: str | None,
    environ: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
) -> Project:
    """Find the project around ``start`` and read it for ``stack``.

    Without a ``stack``, RETINUE_STACK counts, then the project's default. ``variables`` override
    what the project file gives; it has to declare them.

    Raises:
        UsageError: there is no project, the stack is unknown or not chosen, or an overridden
            variable is not declared.
        ManifestError: the project file has problems.
    """
    root = find_root(start)
    environ = {**read_dot_env(root), **environ}
    asked = stack or environ.get("RETINUE_STACK") or None
    settings = read_settings(root, asked, environ, variables or {})
    _check_stack_name(settings.stack)
    project = _project(root, settings, environ)
    if settings.problems:
        raise ManifestError(in_reading_order(settings.problems))
    return project


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above ``start`` that holds a project file.

    Raises:
        UsageError: there is none.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    hint = "run `retinue init` to start a project"
    if (here / "retinue.yml").is_file():
        hint = f"rename retinue.yml to {PROJECT_FILE}"
    raise UsageError(f"there is no {PROJECT_FILE} in {here} or above it", hint=hint)


def _project(root: Path, settings: Settings, environ: Mapping[str, str]) -> Project:
    values = settings.values
    return Project(
        name=values.get("project") or _slug(root.name),
        root=root,
        stack=settings.stack,
        manifests=_inside(root, settings, "manifests", "assistants"),
        manifests_place=settings.place("manifests"),
        target=_target(settings),
        platform=_platform(root, values.get("platform", {"api": "local"}), environ),
        state_path=_anywhere(
            root, values.get("state", {}).get("path") or f".retinue/state/{settings.stack}.json"
        ),
        variables=settings.variables,
        safety=Safety(**values.get("safety", {})),
        parallelism=int(values.get("parallelism", DEFAULT_PARALLELISM)),
        environ=environ,
    )


def _check_stack_name(stack: str) -> None:
    # It becomes part of a path, and may come from the environment.
    if not re.fullmatch(STACK_PATTERN, stack):
        raise UsageError(f"{stack!r} can't be the name of a stack", hint=f"use {NAME_MEANS}")


def _target(settings: Settings) -> str:
    target = str(settings.values.get("target", "assistants"))
    if target not in AVAILABLE_TARGETS:
        settings.report(
            "RTN-PROJECT-TARGET",
            settings.place("target"),
            f"the target {target} is not available in this version",
            f"use {' or '.join(AVAILABLE_TARGETS)}",
        )
    return target


def _platform(root: Path, written: dict[str, Any], environ: Mapping[str, str]) -> Platform:
    if written["api"] == "local":
        return LocalPlatform(_anywhere(root, written.get("database", ".retinue/platform.db")))
    given = {key: value for key, value in written.items() if key != "api"}
    given.setdefault("base_url", environ.get("OPENAI_BASE_URL") or None)
    return OpenAIPlatform(**given)


def _inside(root: Path, settings: Settings, key: str, default: str) -> Path:
    written = settings.values.get(key, default)
    try:
        return Path(Locator(root).place(str(root), written).path)
    except BadPath as error:
        settings.report(
            f"RTN-MANIFEST-{error.code}",
            settings.place(key),
            error.message,
            "keep the manifests inside the project folder",
        )
        return root / default


def _anywhere(root: Path, written: str) -> Path:
    """State and databases may lie outside of the project."""
    return Path(os.path.normpath(root / written))


def _slug(folder: str) -> str:
    """Make a project's name of a folder's."""
    slug = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:63]
    return slug or "project"
