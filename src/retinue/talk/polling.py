"""Streams for a platform that takes one request at a time: there are none.

What a stream would tell is looked at instead, when it is done. So nothing is open while something
else has to be sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from retinue.kinds.api import Object
from retinue.talk.conversation import Wire


class Polling:
    """Implements `retinue.talk.conversation.Streams`: each ends as soon as it has begun."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def stream(
        self, path: str, body: Object, params: Object | None = None
    ) -> AsyncIterator[Object]:
        del params  # what more a stream would hold
        yield _begun(await self._wire.create(path, body))

    @contextlib.asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[AsyncIterator[Object]]:
        del path
        yield _silence()


def _begun(made: Object) -> Object:
    """The first event of the stream that was not asked for."""
    match made.get("object"):
        case "thread.run":
            # Even if it is done by now: what it said is still to be looked at.
            return {"event": "thread.run.queued", "data": {**made, "status": "queued"}}
        case "agent.session":
            return {"type": "agent.session.created", "session": made}
        case _:
            return {"type": "response.created", "response": made}


async def _silence() -> AsyncIterator[Object]:
    nothing: tuple[Object, ...] = ()
    for event in nothing:
        yield event
