"""A conversation with a platform that may say anything: what can't be understood is its error.

The client holds answers against what the API promises as far as everything relies on it. What
conversations look into goes much deeper, and servers that are alike to OpenAI's get it wrong here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from retinue.errors import Unavailable
from retinue.kinds.base import Upload
from retinue.talk.conversation import Conversation, Party
from retinue.talk.events import Event

_HINT: Final = (
    "a server that is not OpenAI's may lack a part of the API; with RETINUE_DEBUG=1 in the "
    "environment a traceback shows which: report it where it is OpenAI's, or the embedded platform"
)


class Understood:
    """Implements `retinue.talk.conversation.Conversation` by ``inner``."""

    def __init__(self, inner: Conversation) -> None:
        self._inner = inner

    @property
    def party(self) -> Party:
        return self._inner.party

    @property
    def id(self) -> str | None:
        return self._inner.id

    async def cancel(self) -> None:
        await self._inner.cancel()

    async def close(self, *, forget: bool) -> None:
        await self._inner.close(forget=forget)

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        try:
            async for event in self._inner.ask(question, files):
                yield event
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise Unavailable(
                f"{self.party.address}: the platform's answer is not what the API promises "
                f"({type(error).__name__}: {error})",
                hint=_HINT,
            ) from error
