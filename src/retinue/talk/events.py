"""What happens while an assistant answers, as frozen data in the order in which it happens.

The same for every target: whatever shows, collects, checks or traces an answer reads these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from retinue.foreign_json import read_json

StepKind: TypeAlias = Literal["code_interpreter", "file_search", "function", "other"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of an answer, all its steps together."""

    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens
        )


@dataclass(frozen=True, slots=True)
class Started:
    """The platform has taken the question. ``thread`` is the ID that goes on with the conversation,
    whatever the target calls one; ``run`` is that of the run, response or turn which answers."""

    thread: str
    run: str | None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text; marks of citations are in it as the platform wrote them."""

    text: str


@dataclass(frozen=True, slots=True)
class MessageDone:
    """A message of the answer is complete; an answer may have several."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a page, that an answer refers to. ``address`` is None for one that is not the
    project's; ``url`` is the page's, which has no ``file_id``."""

    file_id: str
    name: str
    address: str | None = None
    url: str | None = None

    @property
    def key(self) -> str:
        """What tells it from other sources."""
        return self.file_id or self.url or self.name


@dataclass(frozen=True, slots=True)
class Citation:
    """The text has, or is about to get, ``mark``, which stands for a passage of ``source``."""

    mark: str
    source: Source


@dataclass(frozen=True, slots=True)
class Found:
    """One passage that a file search gave. ``text`` is empty where the platform keeps it back."""

    source: Source
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A tool begins. ``id`` is the call's; ``name`` is the function's, else the tool's type."""

    id: str
    kind: StepKind
    name: str


@dataclass(frozen=True, slots=True)
class StepDone:
    """A tool has finished. ``input`` is code or arguments; ``output`` what was printed or given
    back; ``found`` what a search gave; ``error`` why it failed."""

    id: str
    kind: StepKind
    name: str
    input: str = ""
    output: str = ""
    found: tuple[Found, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The model wants a function of ours. ``arguments`` is JSON as the model wrote it."""

    id: str
    name: str
    arguments: str

    def parsed(self) -> Any:
        """The arguments as data.

        Raises:
            ValueError: the model wrote no JSON.
        """
        return read_json(self.arguments or "{}")


@dataclass(frozen=True, slots=True)
class Output:
    """What a call gave. ``failed``: the text says why there is no result."""

    text: str
    failed: bool = False

    @property
    def told(self) -> str:
        """What a platform gets that has no other word for a failure."""
        return f"error: {self.text}" if self.failed else self.text


@dataclass(frozen=True, slots=True)
class Approval:
    """The model wants a tool of an MCP server, and may not have it unasked. ``server`` is the
    label in the manifest, ``arguments`` is JSON as the model wrote it."""

    id: str
    server: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that whoever asks should know, and that is no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of an answer. ``incomplete`` says why it ends early, e.g. max_tokens."""

    usage: Usage | None
    incomplete: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event where there is no answer. ``status`` is the platform's word for the end;
    ``calls`` are those that nobody answered."""

    status: str
    reason: str
    code: str | None = None
    usage: Usage | None = None
    calls: tuple[FunctionCall, ...] = ()


Event: TypeAlias = (
    Started
    | TextDelta
    | MessageDone
    | Citation
    | StepStarted
    | StepDone
    | FunctionCall
    | Approval
    | Notice
    | Done
    | Failed
)
End: TypeAlias = Done | Failed
