"""What sessions ask of a platform and nothing else does: inputs that are only accepted, and
listening to what happens.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from types import NoneType
from typing import Any, Final
from uuid import uuid4

from retinue.errors import Unavailable
from retinue.kinds.api import Object
from retinue.platform.client import PlatformClient
from retinue.platform.failures import translate

_BETA: Final = {"OpenAI-Beta": "agents=v1"}


class SessionClient(PlatformClient):
    """Implements `retinue.talk.conversation.Wire`."""

    @classmethod
    def over(cls, client: PlatformClient) -> SessionClient:
        """The same connection, limits and traces."""
        return cls(client._client, client._limiter, name=client.name, observe=client._observe)  # noqa: SLF001 - its own class

    async def send(self, path: str, body: Object) -> None:
        options: Any = {"headers": {**_BETA, "Idempotency-Key": uuid4().hex}}

        async def post() -> object:
            await self._client.post(path, cast_to=NoneType, body=dict(body), options=options)
            return {}

        await self._repeated(f"POST {path}", post)

    @contextlib.asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[AsyncIterator[Object]]:
        import openai

        where = f"GET {path}"
        # With "events", an event of the type error is told like any other.
        options: Any = {
            "headers": {**_BETA, "Accept": "text/event-stream"},
            "stream_mode": "events",
        }

        async def start() -> object:
            answer = await self._client.get(
                path,
                cast_to=object,
                options=options,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            return {"answer": answer}

        answer: openai.AsyncStream[object] = (await self._repeated(where, start))["answer"]
        async with answer:
            yield self._heard(answer, where)

    async def _heard(self, answer: Any, where: str) -> AsyncIterator[Object]:
        import httpx2
        import openai

        try:
            async for event in answer:
                if isinstance(event, dict):
                    yield event
        except httpx2.HTTPError as error:
            reason = f"{type(error).__name__}: {error}"
            raise Unavailable(f"{where}: the answer broke off ({reason})") from error
        except openai.APIError as error:
            raise translate(error, where=where, base_url=self.name) from error
