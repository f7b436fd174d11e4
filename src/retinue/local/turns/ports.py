"""What a turn asks of the world: a model, a search, an interpreter. Protocols and their data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from retinue.local.turns.items import (
    Choice,
    FileRef,
    FileSearch,
    Hit,
    Item,
    Json,
    Logs,
    Made,
    Settings,
    Usage,
)


class TurnFailed(Exception):
    """A turn can't go on. ``code`` is one that OpenAI uses for runs and responses."""

    def __init__(self, message: str, *, code: str = "server_error") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool as the model sees it: always a function."""

    name: str
    description: str | None
    parameters: Json | None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the model: the whole conversation so far."""

    model: str
    instructions: str
    history: Sequence[Item]
    tools: Sequence[Definition]
    choice: Choice
    settings: Settings


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class CallChunk:
    """A piece of a tool call. ``index`` tells calls of one answer apart."""

    index: int
    name: str | None
    arguments: str


@dataclass(frozen=True, slots=True)
class EndChunk:
    """The end of an answer. ``usage`` is None where the model server doesn't count."""

    reason: str
    usage: Usage | None = None


Chunk: TypeAlias = TextChunk | CallChunk | EndChunk


class Model(Protocol):
    """A language model. ``reply`` raises TurnFailed."""

    def reply(self, ask: Ask) -> AsyncIterator[Chunk]:
        """Answer piece by piece; the last piece is an ``EndChunk``."""
        ...


class Search(Protocol):
    """Ranked search in vector stores."""

    async def find(self, query: str, tool: FileSearch) -> Sequence[Hit]:
        """The best passages for ``query``, best first. Raises TurnFailed."""
        ...


class Interpreter(Protocol):
    """A place where code of the model may run, and nothing else can happen."""

    async def execute(self, code: str, files: Sequence[FileRef]) -> Sequence[Logs | Made]:
        """Run ``code`` beside ``files``. Raises TurnFailed where there is no sandbox."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """All that a turn may ask. ``mint`` makes identifiers with a prefix."""

    model: Model
    search: Search
    interpreter: Interpreter
    mint: Callable[[str], str]
