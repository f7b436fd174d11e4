"""What a project declares: every command's way to the manifests.

What a target can't express and what a model refuses is reported with all other problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from retinue.address import Address
from retinue.manifest.compose import load
from retinue.manifest.model import Assistant, Declared, Manifest
from retinue.problem import Problem
from retinue.project import OpenAIPlatform, Project
from retinue.targets.models import is_openai, lint_models
from retinue.targets.refusals import unsupported


def declared(project: Project, *, target: str | None = None) -> Manifest:
    """Read the manifests; ``target`` takes the place of every assistant's own.

    Raises:
        ManifestError: with every problem of every file, in reading order.
    """

    def problems(resources: Mapping[Address, Declared]) -> Iterator[Problem]:
        for resource in resources.values():
            if isinstance(resource, Assistant):
                yield from unsupported(resource)
        if target is not None or on_openai(project):
            yield from lint_models(resources, datetime.now(UTC).date())

    return load(project, target=target, check=problems)


def on_openai(project: Project) -> bool:
    """Whether the project's models are OpenAI's own; elsewhere the names may mean other ones."""
    platform = project.platform
    return isinstance(platform, OpenAIPlatform) and is_openai(platform.base_url)
