"""What a turn is made of: the history, the tools, the settings. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text within a message."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image within a message; ``url`` may be a data URL."""

    url: str
    detail: str = "auto"


Part: TypeAlias = Words | Picture


@dataclass(frozen=True, slots=True)
class Said:
    """A message: somebody's words. ``role`` is user, assistant, system or developer."""

    role: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All its words, without the pictures."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Words))


@dataclass(frozen=True, slots=True)
class Asked:
    """The model called a tool. ``name`` is the tool's as the model knows it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a tool gave back to the model."""

    call_id: str
    output: str


Item: TypeAlias = Said | Asked | Answered


@dataclass(frozen=True, slots=True)
class Function:
    """A tool that the client runs."""

    name: str
    description: str | None = None
    parameters: Json | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class FileSearch:
    """Search in vector stores. ``limit`` is the number of passages at most."""

    store_ids: tuple[str, ...] = ()
    limit: int = 20
    score_threshold: float = 0.0
    filters: Json | None = None


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file by its ID, with the name it has for the model."""

    file_id: str
    name: str


@dataclass(frozen=True, slots=True)
class CodeInterpreter:
    """Code runs in a sandbox, with copies of ``files``."""

    files: tuple[FileRef, ...] = ()


Tool: TypeAlias = Function | FileSearch | CodeInterpreter


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tool the model must use. ``kind`` is auto, none, required or a kind of tool."""

    kind: str = "auto"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How the model is asked. None leaves a matter to the model server."""

    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    response_format: Json | None = None
    choice: Choice = Choice()
    parallel: bool = True
    most_prompt: int | None = None
    most_completion: int | None = None
    most_calls: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the model server counted them or as they were estimated."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )


NO_USAGE = Usage()

Kind: TypeAlias = Literal["function", "file_search", "code_interpreter"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found. ``score`` lies between 0 and 1."""

    file_id: str
    filename: str
    vector_store_id: str
    score: float
    text: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Logs:
    """Text that code printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Made:
    """A file that code wrote. Images are shown, other files are linked."""

    file_id: str
    name: str
    image: bool


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool, complete or on its way. ``output`` is what the model reads."""

    call_id: str
    kind: Kind
    name: str
    arguments: str = ""
    output: str | None = None
    hits: tuple[Hit, ...] = ()
    outputs: tuple[Logs | Made, ...] = ()

    @property
    def asked(self) -> Asked:
        """The call as a piece of history."""
        return Asked(self.call_id, self.name, self.arguments)

    @property
    def answered(self) -> Answered:
        """Its outcome as a piece of history."""
        return Answered(self.call_id, self.output or "")


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything that a turn starts from.

    ``earlier`` are calls whose passages can still be cited; in a turn that was ``resumed`` after
    function calls they are its own. Without ``marks`` citations leave no marks in the text.
    """

    model: str
    instructions: str = ""
    history: tuple[Item, ...] = ()
    tools: tuple[Tool, ...] = ()
    settings: Settings = Settings()
    earlier: tuple[ToolCall, ...] = ()
    spent: Usage = NO_USAGE
    resumed: bool = False
    marks: bool = True
