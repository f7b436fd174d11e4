"""What a project declares: every command's way to the manifests.

What a target can't express and what a model refuses is reported with all other problems, also of
variants for targets that are not in force: whoever moves to one shall not learn of it then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from retinue.address import Address
from retinue.manifest.compose import load
from retinue.manifest.model import Assistant, Declared, Manifest
from retinue.manifest.schema_project import TARGETS
from retinue.problem import Problem
from retinue.project import OpenAIPlatform, Project
from retinue.targets.closed import OPEN, closed
from retinue.targets.models import is_openai, lint_models
from retinue.targets.refusals import unsupported


def declared(
    project: Project, *, target: str | None = None, allow_closed: bool = False
) -> Manifest:
    """Read the manifests; ``target`` takes the place of every assistant's own.

    ``allow_closed``: a target that the platform has closed is in nobody's way.

    Raises:
        ManifestError: with every problem of every file, in reading order.
    """

    def problems(resources: Iterable[Declared]) -> Iterator[Problem]:
        assistants = [each for each in resources if isinstance(each, Assistant)]
        openai = on_openai(project)
        for assistant in assistants:
            yield from unsupported(assistant, OPEN if openai else TARGETS)
        if openai and not allow_closed:
            yield from closed(_in_force(assistants), forced=target is not None)
        if target is not None or openai:
            yield from lint_models(assistants, datetime.now(UTC).date())

    return load(project, target=target, check=problems)


def _in_force(assistants: Iterable[Assistant]) -> Iterable[Assistant]:
    """Each assistant as it is, without what it would be on other targets, which stands behind."""
    found: dict[Address, Assistant] = {}
    for each in assistants:
        found.setdefault(each.address, each)
    return found.values()


def on_openai(project: Project) -> bool:
    """Whether the project's models are OpenAI's own; elsewhere the names may mean other ones."""
    platform = project.platform
    return isinstance(platform, OpenAIPlatform) and is_openai(platform.base_url)
