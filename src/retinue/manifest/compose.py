"""A project's manifests to one `Manifest`: the way in for everybody else.

Read, validate and merge the files, then build files, functions, stores and assistants, in the
order in which they need each other. Reads the project's folder and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from retinue.errors import ManifestError
from retinue.manifest.assistants import build_assistants
from retinue.manifest.context import Context
from retinue.manifest.declare import declare
from retinue.manifest.discover import read_manifests
from retinue.manifest.files import build_files, build_stores
from retinue.manifest.functions import build_functions
from retinue.manifest.globs import Globber
from retinue.manifest.interpolate import Scope
from retinue.manifest.lint import lint
from retinue.manifest.model import Manifest
from retinue.manifest.moves import build_moves, build_removals
from retinue.manifest.paths import Locator
from retinue.manifest.places import lightened
from retinue.problem import Place, in_reading_order


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


def load(project: Sources) -> Manifest:
    """Return everything that ``project`` declares.

    Linear in the size of the manifests and of the files that they name.

    Raises:
        ManifestError: with every problem of every file, in reading order.
    """
    locator = Locator(project.root)
    context = Context(locator, Globber(locator), Scope(project.variables))
    manifests = read_manifests(context, project.manifests, project.manifests_place)
    moved, removed = declare(context, manifests)
    for build in (build_files, build_functions, build_stores, build_assistants):
        build(context)
    moves = build_moves(context, moved)
    removals = build_removals(context, removed)
    problems = in_reading_order([*context.problems, *lint(context.resources)])
    if any(problem.severity == "error" for problem in problems):
        raise ManifestError([each for each in problems if each.severity == "error"])
    resources = {
        address: lightened(context.resources[address], project.root)
        for address in sorted(context.resources)
    }
    return Manifest(resources, moves, removals, tuple(problems))
