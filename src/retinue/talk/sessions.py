"""A conversation on the target ``agents``: a session of the saved agent, and a turn for every
question.

A turn goes on at the platform when nobody listens. A session keeps the agent as it was when the
session began: a later apply changes new sessions only.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from retinue.errors import PlatformError, UsageError
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.talk import inputs
from retinue.talk.attaching import is_image
from retinue.talk.conversation import Party, Responder, Role, Wire
from retinue.talk.events import Event, Failed, Started
from retinue.talk.following import (
    POLL_SECONDS,
    cancelled,
    endless,
    follow,
    given,
    unanswered,
    unapproved,
)
from retinue.talk.session_events import SessionReader
from retinue.targets.agents import session_of

_PATH: Final = "/agents/sessions"
_BUSY: Final = ("in_progress", "requires_action")
_INPUT: Final = "agent.session.input"
_PAGE: Final = 100

MOST_ROUNDS: Final = 50
"""How often a turn may wait for us: a model that calls without end is stopped."""


class SessionConversation:
    """Implements `retinue.talk.conversation.Conversation`."""

    def __init__(
        self,
        wire: Wire,
        party: Party,
        respond: Responder,
        *,
        thread: str | None = None,
        role: Role | None = None,
    ) -> None:
        self._wire = wire
        self._respond = respond
        self._request = _request(party, role)
        self._session = thread
        self._known = thread is None
        self._last: str | None = None
        self._busy = False
        self.party = party

    @property
    def id(self) -> str | None:
        return self._session

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        message = self._message(question, files)
        await self._join()
        reader = SessionReader(self._last)
        async with contextlib.AsyncExitStack() as stack:
            raws = await self._put(message, stack)
            told, read = until(raws, lambda: reader.over), self._reading(reader)
            async for event in follow(f"POST {_PATH}", told, read, self._begun):
                yield event
        if not reader.over:
            async for event in self._catch_up(reader):
                yield event
        self._busy = False
        self._last = reader.turn.get("id")
        yield reader.end()

    async def cancel(self) -> None:
        busy, self._busy = self._busy, False
        if not busy:
            return
        self._known = False  # it may not have stopped by the next question
        with contextlib.suppress(PlatformError):
            await self._send({"type": f"{_INPUT}.cancel"})
        await cancelled(self._wire, self._path, _BUSY)

    async def close(self, *, forget: bool) -> None:
        await self.cancel()
        if forget and self._session is not None:
            with contextlib.suppress(PlatformError):
                await self._wire.delete(self._path)

    # --- what is sent --------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"{_PATH}/{self._session}"

    def _message(self, question: str, files: Sequence[Upload]) -> Object:
        for file in files:
            if not is_image(file):
                raise UsageError(
                    f"{self.party.address} can't be sent {file.shown}: an agent reads files of its "
                    "environment alone, and messages take text and pictures",
                    hint="put it into the files of the environment in the manifest, then apply",
                )
        return inputs.message(inputs.parts(question, files))

    async def _join(self) -> None:
        """Look at a session that goes on: it has an agent of its own, and earlier turns.

        Raises:
            UsageError: it is another agent's, or it is not done with an earlier question.
        """
        if self._known:
            return
        found = await self._wire.get(self._path)
        agent = (found.get("agent") or {}).get("id")
        if agent != self.party.id:
            raise UsageError(
                f"the session {self._session} is one of the agent {agent}, not of "
                f"{self.party.address} ({self.party.id})",
            )
        if found.get("status") in _BUSY:
            # OpenAI would add the question to the turn under way, whose end is not an answer to it,
            # and whose calls are not ours to answer.
            raise UsageError(
                f"the session {self._session} is not done with an earlier question: it is "
                f"{found['status']}",
                hint="wait until it is idle, or begin a new conversation",
            )
        newest = await self._wire.get(f"{self._path}/turns", {"order": "desc", "limit": 1})
        self._last = next((str(turn["id"]) for turn in newest.get("data") or ()), None)
        self._known = True

    async def _put(
        self, message: Object, stack: contextlib.AsyncExitStack
    ) -> AsyncIterator[Object]:
        """Ask; what happens then. A session's first question is a part of making it."""
        if self._session is None:
            return self._wire.stream(_PATH, {**self._request, "input": [message]})
        raws = await stack.enter_async_context(self._wire.listening(f"{self._path}/events"))
        await self._send({"type": f"{_INPUT}.message", "input": [message]})
        self._busy = True
        return raws

    async def _send(self, *events: Object) -> None:
        await self._wire.send(f"{self._path}/events", {"events": list(events)})

    def _begun(self) -> bool:
        return self._session is not None

    # --- one turn ------------------------------------------------------------------------------

    def _reading(self, reader: SessionReader) -> Callable[[Object], AsyncIterator[Event]]:
        """How events of a stream are read, and answered where they ask for something."""
        begun = False

        async def read(raw: Object) -> AsyncIterator[Event]:
            nonlocal begun
            told = list(reader.read(raw))
            if self._session is None and reader.session:
                self._session, self._busy = str(reader.session["id"]), True
            if not begun and reader.turn:
                begun = True
                yield Started(str(self._session), str(reader.turn["id"]))
            for event in told:
                yield event
            async for event in self._answer(reader):
                yield event

        return read

    async def _answer(self, reader: SessionReader) -> AsyncIterator[Event]:
        """Give the session what it waits for, or stop it where nobody does."""
        calls, wanted, others = reader.calls(), reader.approvals(), reader.others()
        reader.rounds += bool(calls)
        for call in calls:
            yield call
        for each in wanted:
            yield each
        if others:
            reason = f"the session waits for {', '.join(others)}, which can't be given here"
            await self._stop(reader, Failed("requires_action", reason))
            return
        if reader.rounds > MOST_ROUNDS:
            await self._stop(reader, endless(MOST_ROUNDS))
            return
        outputs = await self._respond(calls) if calls else {}
        if outputs is None:
            await self._stop(reader, unanswered(calls))
            return
        allowed = await self._respond.approve(wanted) if wanted else {}
        if allowed is None:
            await self._stop(reader, unapproved(wanted))
            return
        if sent := reader.inputs(outputs, allowed):
            await self._send(*sent)
        for call in calls:
            yield given(call, outputs[call.id])

    async def _stop(self, reader: SessionReader, end: Failed) -> None:
        reader.stopped = end
        await self.cancel()

    async def _catch_up(self, reader: SessionReader) -> AsyncIterator[Event]:
        """Look at a turn whose stream is over before it is, and tell what the stream did not."""
        read = self._reading(reader)
        while not reader.over:
            session = await self._wire.get(self._path)
            turns = await self._wire.get(f"{self._path}/turns", {"order": "desc", "limit": 1})
            for turn in turns.get("data") or ():
                reader.look(turn)
            async for event in read({"session": session}):
                yield event
            if not reader.over:
                await self._wire.pause(POLL_SECONDS)
        if reader.turn:
            for event in reader.finish(await self._items(str(reader.turn["id"]))):
                yield event

    async def _items(self, turn: str) -> list[Object]:
        """Everything that a turn has made, the oldest first."""
        items: list[Object] = []
        params: dict[str, Any] = {"order": "asc", "limit": _PAGE}
        while True:
            page = await self._wire.get(f"{self._path}/turns/{turn}/items", params)
            items += page.get("data") or ()
            if not items or not page.get("has_more"):
                return items
            params["after"] = items[-1]["id"]


async def until(raws: AsyncIterator[Object], over: Callable[[], bool]) -> AsyncIterator[Object]:
    """Events up to the last one that matters: a session's stream does not end by itself."""
    async for raw in raws:
        yield raw
        if over():
            return


def _request(party: Party, role: Role | None) -> dict[str, Any]:
    """What a session is made with. One in another role needs no machine and no secrets."""
    if role is None:
        return session_of(party.values, party.id)
    # Another model may not know what the agent's own is told.
    bare = dict.fromkeys(("reasoning", "service_tier")) if role.model else {}
    agent: dict[str, Any] = {
        **bare,
        "instructions": role.instructions,
        "tools": [],
        "multi_agent": {"enabled": False},
        "text": {"format": {"type": "json_schema", "schema": dict(role.schema)}},
        **role.given(),
    }
    return {"agent_id": party.id, "agent": agent, "environment": {"type": "none"}}
