"""The seam between those who ask and the targets: one conversation, whatever carries it.

`retinue.talk.threads` implements it for the target ``assistants``, `retinue.talk.responses` and
`retinue.talk.sessions` for the two that they are named after.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from retinue.address import Address
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.talk.events import Approval, Event, FunctionCall, Output

_WORDS: Mapping[str, str] = {"responses": "conversation", "agents": "session"}


@dataclass(frozen=True, slots=True)
class Party:
    """The assistant one talks to: what the state knows of it. ``type`` is its target's."""

    address: Address
    type: str
    id: str
    values: Mapping[str, Any]

    @property
    def target(self) -> str:
        """The target that it was applied to."""
        return self.type.partition(".")[0]

    @property
    def word(self) -> str:
        """What its target calls a conversation."""
        return _WORDS.get(self.target, "thread")

    @property
    def model(self) -> str | None:
        model = self.values.get("model")
        return str(model) if model else None

    @property
    def tool_types(self) -> tuple[str, ...]:
        """The types of its tools, as last applied."""
        tools = self.values.get("tools") or ()
        return tuple(str(tool.get("type")) for tool in tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an assistant is for one conversation instead of itself: without tools, and with answers
    that fit ``schema``, which is called ``form``. ``model`` None is its own."""

    instructions: str
    form: str
    schema: Mapping[str, Any]
    model: str | None = None

    def given(self) -> dict[str, str]:
        """The model, where another one is wanted."""
        return {"model": self.model} if self.model else {}


class Responder(Protocol):
    """Answers what the model waits for: by running handlers, by asking somebody."""

    async def __call__(self, calls: Sequence[FunctionCall]) -> Mapping[str, Output] | None:
        """The output of each call by its ID; None where one of them can't be answered."""
        ...

    async def approve(self, wanted: Sequence[Approval]) -> Mapping[str, bool] | None:
        """Whether each may happen, by its ID; None where nobody says."""
        ...


class Wire(Protocol):
    """What a conversation asks of a platform. Every method may raise `PlatformError`."""

    async def get(self, path: str, params: Object | None = None) -> Object: ...

    async def page(self, path: str, params: Object | None = None) -> Object:
        """A list, or a part of one: ``data`` holds objects."""
        ...

    async def find(self, path: str) -> Object | None: ...

    async def create(self, path: str, body: Object) -> Object: ...

    async def add(self, path: str, body: Object) -> None:
        """POST that makes several things at once."""
        ...

    async def change(self, path: str, body: Object) -> Object: ...

    async def delete(self, path: str) -> None: ...

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object: ...

    async def send(self, path: str, body: Object) -> None:
        """POST that is accepted without an answer; repeated under one Idempotency-Key."""
        ...

    async def pause(self, seconds: float) -> None: ...


class Streams(Protocol):
    """How a conversation hears what happens while it happens. May raise `PlatformError`.

    A stream may end before what it tells of: whoever listens has to look at the rest.
    """

    def stream(
        self, path: str, body: Object, params: Object | None = None
    ) -> AsyncIterator[Object]:
        """POST that begins something, or goes on with it; what happens then."""
        ...

    def listening(self, path: str) -> AbstractAsyncContextManager[AsyncIterator[Object]]:
        """GET of server-sent events: what happens from the moment on in which it is open."""
        ...


class Conversation(Protocol):
    """Questions and answers that build upon each other. One question at a time."""

    @property
    def party(self) -> Party:
        """Whom one talks to."""
        ...

    @property
    def id(self) -> str | None:
        """What continues the conversation later; None before the first question."""
        ...

    def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        """Ask; the last event is `Done` or `Failed`.

        Raises:
            PlatformError: the question could not be put, or the platform is out of reach.
        """
        ...

    async def cancel(self) -> None:
        """End the answer that is under way, if there is one; never raises."""
        ...

    async def close(self, *, forget: bool) -> None:
        """Take back the files that were attached; ``forget`` deletes the conversation as well."""
        ...
