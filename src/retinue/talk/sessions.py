"""A conversation on the target ``agents``: a session of the saved agent, and a turn for every
question.

A turn goes on at the platform when nobody listens. A session keeps the agent as it was when the
session began: a later apply changes new sessions only.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from retinue.errors import PlatformError, Unavailable, UsageError
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.talk import inputs
from retinue.talk.attaching import is_image
from retinue.talk.conversation import Party, Role
from retinue.talk.events import Event, Failed, Started
from retinue.talk.following import (
    MOST_ROUNDS,
    POLL_SECONDS,
    cancelled,
    ended,
    endless,
    follow,
    given,
    left,
    listed,
    unanswered,
    unapproved,
    unfinished,
)
from retinue.talk.session_events import SessionReader, waiting_for
from retinue.talk.terms import Terms
from retinue.targets.agents import session_of

_PATH: Final = "/agents/sessions"
_WORKING: Final = "in_progress"
_WAITING: Final = "requires_action"
_LOOKS_AT_IDLE: Final = 20
"""How often a session is looked at whose turn has to be over by now; what is shown may lag."""
_INPUT: Final = "agent.session.input"


class SessionConversation:
    """Implements `retinue.talk.conversation.Conversation`."""

    def __init__(self, terms: Terms) -> None:
        self._wire = terms.wire
        self._streams = terms.streams
        self._respond = terms.respond
        self._request = _request(terms.party, terms.role)
        self._session = terms.thread
        self._settled = terms.thread is None
        self._last: str | None = None
        self._busy = False
        self.party = terms.party

    @property
    def id(self) -> str | None:
        return self._session

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        message = self._message(question, files)
        async for event in self._settle():
            yield event
        reader = SessionReader(self._last)
        async with contextlib.AsyncExitStack() as stack:
            raws = await self._put(message, stack)
            told, read = until(raws, lambda: reader.over), self._reading(reader)
            async for event in follow(f"POST {_PATH}", told, read, self._begun):
                yield event
        if not reader.over:
            async for event in self._catch_up(reader):
                yield event
        self._busy, self._settled = False, reader.stopped is None
        self._last = reader.turn.get("id")
        yield reader.end()

    async def cancel(self) -> None:
        busy, self._busy = self._busy, False
        if busy:
            await self._stop()

    async def close(self, *, forget: bool) -> None:
        await self.cancel()
        if forget and self._session is not None:
            with contextlib.suppress(PlatformError):
                await self._wire.delete(self._path)

    # --- earlier turns -------------------------------------------------------------------------

    async def _settle(self) -> AsyncIterator[Event]:
        """Look at a session that goes on: it has an agent of its own, and earlier turns. A turn
        that works comes to its end; one that waits for somebody would wait for ever: whoever asked
        has gone. OpenAI would add the question to it, whose end is not an answer to that.

        Raises:
            UsageError: it is another agent's, or it can't be stopped.
        """
        if self._settled or self._session is None:
            return
        found = self._ours(await self._wire.get(self._path))
        if found.get("status") == _WORKING:
            yield unfinished()
            found = await ended(self._wire, self._path, (_WORKING,))
        if found.get("status") == _WAITING:
            await self._require_stopped()
            yield left(waiting_for(found), "it was cancelled")
        newest = await self._wire.page(f"{self._path}/turns", {"order": "desc", "limit": 1})
        self._last = next((str(turn["id"]) for turn in newest.get("data") or ()), None)

    def _ours(self, session: Object) -> Object:
        agent = (session.get("agent") or {}).get("id")
        if agent != self.party.id:
            raise UsageError(
                f"the session {self._session} is one of the agent {agent}, not of "
                f"{self.party.address} ({self.party.id})",
            )
        return session

    async def _require_stopped(self) -> None:
        if not await self._stop():
            raise UsageError(
                f"the session {self._session} waits for an answer to an earlier question, and "
                "does not stop",
                hint="wait until it is idle, or begin a new conversation",
            )

    async def _stop(self) -> bool:
        """Cancel the turn under way; whether it has stopped."""
        with contextlib.suppress(PlatformError):
            await self._send({"type": f"{_INPUT}.cancel"})
        return await cancelled(self._wire, self._path, (_WORKING, _WAITING))

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

    async def _put(
        self, message: Object, stack: contextlib.AsyncExitStack
    ) -> AsyncIterator[Object]:
        """Ask; what happens then. A session's first question is a part of making it."""
        self._settled = False
        if self._session is None:
            return self._streams.stream(_PATH, {**self._request, "input": [message]})
        raws = await stack.enter_async_context(self._streams.listening(f"{self._path}/events"))
        self._busy = True
        try:
            await self._send({"type": f"{_INPUT}.message", "input": [message]})
        except PlatformError:
            self._busy = False
            raise
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
        reader.rounds += bool(calls or wanted)
        for call in calls:
            yield call
        for each in wanted:
            yield each
        if others:
            reason = f"the session waits for {', '.join(others)}, which can't be given here"
            await self._give_up(reader, Failed("requires_action", reason))
            return
        if reader.rounds > MOST_ROUNDS:
            await self._give_up(reader, endless())
            return
        outputs = await self._respond(calls) if calls else {}
        if outputs is None:
            await self._give_up(reader, unanswered(calls))
            return
        allowed = await self._respond.approve(wanted) if wanted else {}
        if allowed is None:
            await self._give_up(reader, unapproved(wanted))
            return
        if sent := reader.inputs(outputs, allowed):
            await self._send(*sent)
        for call in calls:
            yield given(call, outputs[call.id])

    async def _give_up(self, reader: SessionReader, end: Failed) -> None:
        reader.stopped = end
        await self.cancel()

    async def _catch_up(self, reader: SessionReader) -> AsyncIterator[Event]:
        """Look at a turn whose stream is over before it is, and tell what the stream did not.

        Raises:
            Unavailable: the session does nothing any more, and shows no end of the turn.
        """
        read, looks = self._reading(reader), 0
        while not reader.over:
            session = await self._wire.get(self._path)
            turns = await self._wire.page(f"{self._path}/turns", {"order": "desc", "limit": 1})
            for turn in turns.get("data") or ():
                reader.look(turn)
            async for event in read({"session": session}):
                yield event
            if not reader.over:
                looks = 0 if session.get("status") in (_WORKING, _WAITING) else looks + 1
                if looks == _LOOKS_AT_IDLE:
                    raise Unavailable(f"{self._path}: it is idle, and its turn never ended")
                await self._wire.pause(POLL_SECONDS)
        if reader.turn:
            items = f"{self._path}/turns/{reader.turn['id']}/items"
            for event in reader.finish(await listed(self._wire, items, {})):
                yield event


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
