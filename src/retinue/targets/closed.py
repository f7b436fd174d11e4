"""Targets that a platform has closed: an error before anything is asked of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from retinue.manifest.model import Assistant
from retinue.manifest.schema_project import TARGETS
from retinue.problem import Place, Problem

CLOSED: Final = "assistants"
"""The target that OpenAI has closed."""

OPEN: Final = tuple(target for target in TARGETS if target != CLOSED)
"""The targets that OpenAI has."""


def closed(assistants: Iterable[Assistant], *, forced: bool) -> Iterator[Problem]:
    """Yield an error for each of ``assistants`` that OpenAI, where they are, has no place for.

    ``forced``: somebody asks about another target than the manifests name.
    """
    # Here, for it brings asyncio along, which nothing else of a validation needs.
    from retinue.platform.failures import SUNSET

    for each in assistants:
        if each.target == CLOSED:
            yield Problem(
                code="RTN-TARGET-CLOSED",
                place=each.places.at() if forced else _place(each),
                message=f"{each.address} is on the target {CLOSED}, which OpenAI has closed",
                hint=SUNSET,
            )


def _place(assistant: Assistant) -> Place:
    """Where an assistant names its target; of one that has the project's, where it stands."""
    written, whole = assistant.places.at("target"), assistant.places.at("")
    return assistant.places.at() if written == whole else written
