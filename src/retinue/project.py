"""The project: what ``retinue.yaml`` says for one stack, as typed settings.

Reads the project file and ``.env`` beside it, and changes neither the environment nor the disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from retinue.address import slug
from retinue.engine.limits import Limits
from retinue.errors import ManifestError, UsageError
from retinue.manifest.paths import BadPath, Locator
from retinue.manifest.schema_parts import NAME_MEANS
from retinue.manifest.schema_project import STACK_PATTERN
from retinue.manifest.settings import PROJECT_FILE, Settings, read_dot_env, read_settings
from retinue.platform.endpoints import Local, ModelServer
from retinue.problem import Place, in_reading_order

DEFAULT_PARALLELISM: Final = 16
"""Measured by `bench/parallelism.py`: beyond it, the client itself is what an apply waits for."""


@dataclass(frozen=True, slots=True)
class OpenAIPlatform:
    """OpenAI, or a server that speaks its API. ``timeout`` is in seconds.

    None leaves a setting to the SDK (``base_url``, ``timeout``) or to the client's own limits.
    """

    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    timeout: float | None = None
    max_parallel: int | None = None


Platform: TypeAlias = Local | OpenAIPlatform


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """Where traces go; nowhere by default. ``content``: whether prompts and answers are in them."""

    otlp: bool = False
    agentops: bool = False
    content: bool = False
    tags: tuple[str, ...] = ()

    @property
    def on(self) -> bool:
        return self.otlp or self.agentops


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
    safety: Limits = field(default_factory=Limits)
    tracing: Tracing = Tracing()
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


def name_from(folder: Path) -> str:
    """The name of a project that has none of its own."""
    return slug(folder.name, most=63) or "project"


def _project(root: Path, settings: Settings, environ: Mapping[str, str]) -> Project:
    values = settings.values
    return Project(
        name=values.get("project") or name_from(root),
        root=root,
        stack=settings.stack,
        manifests=_inside(root, settings, "manifests", "assistants"),
        manifests_place=settings.place("manifests"),
        target=str(values.get("target", "assistants")),
        platform=_platform(root, values.get("platform", {"api": "local"}), environ),
        state_path=_anywhere(
            root, values.get("state", {}).get("path") or f".retinue/state/{settings.stack}.json"
        ),
        variables=settings.variables,
        safety=Limits(**values.get("safety", {})),
        tracing=_tracing(values.get("tracing", {})),
        parallelism=int(values.get("parallelism", DEFAULT_PARALLELISM)),
        environ=environ,
    )


def _check_stack_name(stack: str) -> None:
    # It becomes part of a path, and may come from the environment.
    if not re.fullmatch(STACK_PATTERN, stack):
        raise UsageError(f"{stack!r} can't be the name of a stack", hint=f"use {NAME_MEANS}")


def _platform(root: Path, written: dict[str, Any], environ: Mapping[str, str]) -> Platform:
    if written["api"] == "local":
        database = _anywhere(root, written.get("database", ".retinue/platform.db"))
        return Local(database=database, model=_model(written.get("model"), environ))
    given = {key: value for key, value in written.items() if key != "api"}
    given.setdefault("base_url", environ.get("OPENAI_BASE_URL") or None)
    return OpenAIPlatform(**given)


def _model(written: dict[str, Any] | None, environ: Mapping[str, str]) -> ModelServer | None:
    if written is None:
        return None
    name = written.get("api_key_env")
    if name is not None and not environ.get(name):
        raise UsageError(
            f"platform.model.api_key_env: {name} is not set",
            hint=f"set {name} in the environment, or in .env beside retinue.yaml",
        )
    key = written.get("api_key") or environ.get(name or "") or None
    return ModelServer(
        base_url=written["base_url"],
        api_key=key,
        names=written.get("names", {}),
        embeddings=written.get("embeddings"),
    )


def _tracing(written: Mapping[str, Any]) -> Tracing:
    return Tracing(**{**written, "tags": tuple(written.get("tags", ()))})


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
