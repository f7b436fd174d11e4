"""The keys of the project file as one stack sees them: checked, merged, interpolated.

Knows how the file is written; what the values mean is `retinue.project`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from retinue.errors import ManifestError, UsageError
from retinue.manifest.interpolate import Scope, interpolate_part
from retinue.manifest.source import read_document, read_text
from retinue.manifest.spots import Document
from retinue.manifest.suggest import did_you_mean, listed
from retinue.manifest.validate import flaws
from retinue.manifest.wording import described
from retinue.problem import KeyPath, Place, Problem, in_reading_order

PROJECT_FILE: Final = "retinue.yaml"

_PLAIN: Final = ("project", "manifests", "safety", "parallelism", "tracing")
_PER_STACK: Final = ("target", "platform", "state")


@dataclass(slots=True)
class Settings:
    """The effective value of each key, where it stands, and the problems met."""

    document: Document
    stack: str
    values: dict[str, Any] = field(default_factory=dict)
    paths: dict[str, KeyPath] = field(default_factory=dict)
    variables: dict[str, str | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, key: str, *path: str) -> Place:
        """Return where the effective ``key`` stands; the file's start when it is not written."""
        return (
            self.document.place((*self.paths[key], *path))
            if key in self.paths
            else Place(PROJECT_FILE)
        )

    def report(self, code: str, place: Place, message: str, hint: str | None = None) -> None:
        """Add a problem; ``code`` is whole."""
        self.problems.append(Problem(code=code, place=place, message=message, hint=hint))


def read_settings(
    root: Path, stack: str | None, environ: Mapping[str, str], overrides: Mapping[str, str]
) -> Settings:
    """Read ``retinue.yaml`` in ``root`` for a stack.

    Raises:
        UsageError: the stack is unknown or not chosen, or an override names no variable.
        ManifestError: the file is malformed.
    """
    document = _checked(root)
    written: Any = document.value
    settings = Settings(document, _choose(written, stack))
    sections = list(_sections(written, settings.stack))
    _check_overrides(sections, overrides)
    scope = Scope(environment=environ)
    for key, (path, value) in _effective(sections).items():
        settings.paths[key] = path
        settings.values[key] = interpolate_part(document, path, value, scope, settings.problems)
    _fill_variables(settings, sections, scope, overrides)
    return settings


def read_dot_env(root: Path) -> dict[str, str]:
    """Return what ``.env`` in ``root`` sets, verbatim: nothing is expanded, nothing exported.

    Raises:
        ManifestError: the file is no UTF-8 text.
    """
    path = root / ".env"
    if not path.is_file():
        return {}
    from io import StringIO

    from dotenv import dotenv_values

    text, problem = read_text(path, ".env")
    if problem is not None:
        raise ManifestError([problem])
    values = dotenv_values(stream=StringIO(text), interpolate=False)
    return {key: value for key, value in values.items() if value is not None}


def _checked(root: Path) -> Document:
    """Read and validate the file. An empty one is a project with nothing but defaults."""
    document = read_document(root / PROJECT_FILE, PROJECT_FILE)
    if [problem.code for problem in document.problems] == ["RTN-MANIFEST-EMPTY"]:
        return replace(document, value={}, problems=(), broken=False)
    problems = list(document.problems)
    if not document.broken and not isinstance(document.value, dict):
        what = f"the project file is a mapping, not {described(document.value)}"
        problems.append(
            Problem(
                code="RTN-MANIFEST-NOT-MAPPING",
                place=document.place(),
                message=what,
                hint="write key: value",
            )
        )
    elif not document.broken:
        problems += (flaw.problem for flaw in flaws(document, "project"))
    if problems:
        raise ManifestError(in_reading_order(problems))
    return document


def _choose(written: dict[str, Any], asked: str | None) -> str:
    """Return the stack to use: the one asked for, else the default one."""
    stacks = written.get("stacks")
    chosen = asked or written.get("default_stack")
    if stacks is None:
        if chosen not in (None, "default"):
            raise UsageError(
                f"there is no stack {chosen!r}: the project has only one",
                hint=f"declare it in retinue.yaml: stacks: {{{chosen}: {{}}}}",
            )
        return "default"
    if chosen is None:
        raise UsageError(
            f"no stack is chosen; there are {listed(stacks)}",
            hint="choose one with --stack or RETINUE_STACK, or set default_stack:",
        )
    if chosen not in stacks:
        raise UsageError(
            f"there is no stack {chosen!r}",
            hint=did_you_mean(chosen, stacks, f"stacks: {listed(stacks)}"),
        )
    return str(chosen)


def _sections(written: dict[str, Any], stack: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Yield the mappings that say something, the strongest last."""
    yield (), written
    if "stacks" in written:
        yield ("stacks", stack), written["stacks"][stack]


def _effective(
    sections: list[tuple[KeyPath, dict[str, Any]]],
) -> dict[str, tuple[KeyPath, Any]]:
    """Merge by key: a stack's platform replaces the project's as a whole."""
    return {
        key: ((*path, key), section[key])
        for path, section in sections
        for key in (*_PLAIN, *_PER_STACK)
        if key in section
    }


def _fill_variables(
    settings: Settings,
    sections: list[tuple[KeyPath, dict[str, Any]]],
    scope: Scope,
    overrides: Mapping[str, str],
) -> None:
    """Merge variables by name. What is overridden is not looked at: it may be unset here."""
    places: dict[str, tuple[KeyPath, Any]] = {}
    for path, section in sections:
        for name, value in section.get("variables", {}).items():
            places[name] = ((*path, "variables", name), value)
    for name, (path, value) in places.items():
        if name in overrides:
            settings.variables[name] = overrides[name]
            continue
        given = interpolate_part(settings.document, path, value, scope, settings.problems)
        settings.variables[name] = _as_text(given)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _check_overrides(
    sections: list[tuple[KeyPath, dict[str, Any]]], overrides: Mapping[str, str]
) -> None:
    known = {name for _, section in sections for name in section.get("variables", {})}
    for name in overrides:
        if name not in known:
            otherwise = f"declare it under variables: in {PROJECT_FILE}"
            raise UsageError(
                f"there is no variable {name!r}", hint=did_you_mean(name, known, otherwise)
            )
