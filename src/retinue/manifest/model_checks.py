"""What manifests say of conversations: handlers of functions, and checks of assistants.

Local to the machine that talks: nothing of it is ever sent to a platform. Frozen data only.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retinue.problem import Place

HANDLER_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """What answers calls of a function: the program ``command``, or ``python``, which is
    ``module:callable``. ``timeout`` in seconds; ``allow``: whether it may run unasked."""

    command: tuple[str, ...] = ()
    python: str = ""
    timeout: float = HANDLER_SECONDS
    allow: bool = False

    def __str__(self) -> str:
        return shlex.join(self.command) or self.python


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool has to be used: a function with at least these ``arguments``, or a tool's type."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judge:
    """A model decides by a ``rubric``; ``model`` None is the assistant's own. ``place``: where it
    is named."""

    rubric: str
    model: str | None = None
    place: Place = field(kw_only=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question, or several turns, and what is expected of the last answer.

    samples: how often it is asked; passes: how many of them have to pass. retries: how often a
    sample that failed is asked again. cites: names or addresses of files.
    """

    name: str
    ask: tuple[str, ...]
    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None
    tool_called: tuple[ToolCalled, ...] = ()
    cites: tuple[str, ...] = ()
    max_seconds: float | None = None
    max_tokens: int | None = None
    judge: Judge | None = None
    retries: int = 0
    samples: int = 1
    passes: int = 1
    tags: tuple[str, ...] = ()
    place: Place = field(compare=False)
