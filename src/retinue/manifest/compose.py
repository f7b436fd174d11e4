"""A project's manifests to one `Manifest`: the way in for everybody else.

Read, validate and merge the files, then build the resources of each kind, in the order in which
they need each other. Reads the project's folder and nothing else: no secret, no command is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

from retinue.errors import ManifestError
from retinue.manifest.assistants import build_assistants
from retinue.manifest.automations import build_automations
from retinue.manifest.context import Context
from retinue.manifest.declare import declare
from retinue.manifest.discover import read_manifests
from retinue.manifest.environments import build_environments
from retinue.manifest.files import build_files, build_stores
from retinue.manifest.functions import build_functions
from retinue.manifest.globs import Globber
from retinue.manifest.interpolate import Scope
from retinue.manifest.lint import lint
from retinue.manifest.model import Declared, Manifest
from retinue.manifest.moves import build_moves, build_removals
from retinue.manifest.paths import Locator
from retinue.manifest.places import lightened
from retinue.manifest.secret import is_slot
from retinue.manifest.skills import build_skills
from retinue.manifest.vaults import build_credentials, build_vaults
from retinue.problem import Place, Problem, in_reading_order

Check: TypeAlias = Callable[[Iterable[Declared]], Iterable[Problem]]
"""Looks at all resources of a load, also at those that have problems already, and behind them at
assistants as they would be on other targets that they have a variant for."""

_BUILDERS = (
    build_files,
    build_functions,
    build_stores,
    build_skills,
    build_vaults,
    build_credentials,
    build_environments,
    build_assistants,
    build_automations,
)


class Sources(Protocol):
    """What a load needs to know of a project: `retinue.project.Project` has it."""

    @property
    def root(self) -> Path:
        """The project folder, absolute and free of links."""
        ...

    @property
    def manifests(self) -> Path:
        """The folder of the manifests, inside ``root``."""
        ...

    @property
    def manifests_place(self) -> Place:
        """Where the project file names that folder."""
        ...

    @property
    def variables(self) -> Mapping[str, str | None]:
        """The values for ``${var:…}``; None for one that was declared but never given."""
        ...

    @property
    def target(self) -> str:
        """The target of assistants that name none."""
        ...


def unchecked(resources: Iterable[Declared]) -> Iterable[Problem]:
    """Find nothing: the `Check` of a load that nobody adds one to."""
    del resources
    return ()


def load(project: Sources, *, target: str | None = None, check: Check = unchecked) -> Manifest:
    """Return everything that ``project`` declares.

    Linear in the size of the manifests and of the files that they name. A ``target`` takes the
    place of all that the project and its assistants name. What ``check`` finds is reported with
    all other problems.

    Raises:
        ManifestError: with every problem of every file, in reading order.
    """
    locator = Locator(project.root)
    scope = Scope(project.variables, secret_at=is_slot)
    context = Context(locator, Globber(locator), scope, project.target, target)
    manifests = read_manifests(context, project.manifests, project.manifests_place)
    moved, removed = declare(context, manifests)
    for build in _BUILDERS:
        build(context)
    moves = build_moves(context, moved)
    removals = build_removals(context, removed)
    everything = (*context.resources.values(), *context.idle)
    # What is only missing for an error of its own is nothing to warn of.
    hints = () if _broken(context.problems) else lint(context.resources, context.idle)
    problems = in_reading_order([*context.problems, *hints, *check(everything)])
    if _broken(problems):
        raise ManifestError(problems)
    resources = {
        address: lightened(context.resources[address], project.root)
        for address in sorted(context.resources, key=lambda each: (each.kind, each.name))
    }
    return Manifest(resources, moves, removals, tuple(problems))


def _broken(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
