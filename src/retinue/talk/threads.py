"""A conversation on the target ``assistants``: a thread, and a run for every question.

Runs are streamed. A stream that breaks off costs nothing: the run goes on at the platform, and is
polled to its end.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from retinue.errors import FamilyGone, NotFound, PlatformError, Unavailable
from retinue.kinds.base import Upload
from retinue.talk.attaching import Attachments
from retinue.talk.conversation import Party, Responder, Wire
from retinue.talk.events import Done, End, Event, Failed, FunctionCall, Started
from retinue.talk.sources import Sources
from retinue.talk.wire_events import Object, RunReader, step_without_passages, usage_of, waiting

WORKING: Final = ("queued", "in_progress", "cancelling")
POLL_SECONDS: Final = 0.5
CANCEL_POLLS: Final = 20
"""How often a run is looked at, at most, until it is cancelled: ten seconds."""

_PASSAGES: Final = {"include": ["step_details.tool_calls[*].file_search.results[*].content"]}

_NONE: Final[Mapping[str, Any]] = {}


class ThreadConversation:
    """Implements `retinue.talk.conversation.Conversation`."""

    def __init__(
        self,
        wire: Wire,
        party: Party,
        sources: Sources,
        respond: Responder,
        *,
        thread: str | None = None,
        keep: bool = False,
        overrides: Mapping[str, Any] = _NONE,
    ) -> None:
        self._wire = wire
        self._sources = sources
        self._respond = respond
        self._attachments = Attachments(wire, party, keep=keep)
        self._thread = thread
        self._active: str | None = None
        self._overrides = overrides
        self.party = party

    @property
    def id(self) -> str | None:
        return self._thread

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        await self._put(question, files)
        reader = RunReader(self._sources)
        body = {"assistant_id": self.party.id, **self._overrides}
        async for event in self._follow(reader, f"/threads/{self._thread}/runs", body, _PASSAGES):
            yield event
        while calls := waiting(reader.run):
            for call in calls:
                yield call
            outputs = await self._respond(calls)
            if outputs is None:
                await self.cancel()
                yield _unanswered(calls)
                return
            sent = [{"tool_call_id": call.id, "output": outputs[call.id]} for call in calls]
            async for event in self._follow(reader, self._submit, {"tool_outputs": sent}):
                yield event
        self._active = None
        yield _end(reader.run)

    async def cancel(self) -> None:
        if self._active is None:
            return
        path, self._active = self._path, None
        with contextlib.suppress(PlatformError):
            await self._wire.change(f"{path}/cancel", {})
            for _ in range(CANCEL_POLLS):
                run = await self._wire.get(path)
                if run.get("status") not in WORKING:
                    return
                await self._wire.pause(POLL_SECONDS)

    async def close(self, *, forget: bool) -> None:
        await self.cancel()
        await self._attachments.take_back()
        if forget and self._thread is not None:
            with contextlib.suppress(PlatformError):
                await self._wire.delete(f"/threads/{self._thread}")

    # --- one run -------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"/threads/{self._thread}/runs/{self._active}"

    @property
    def _submit(self) -> str:
        return f"{self._path}/submit_tool_outputs"

    async def _put(self, question: str, files: Sequence[Upload]) -> None:
        """Write the question down: in a new thread, or in the one that goes on."""
        message = await self._attachments.message(question, files)
        if self._thread is not None:
            await self._wire.create(f"/threads/{self._thread}/messages", message)
            return
        try:
            made = await self._wire.create("/threads", {"messages": [message]})
        except NotFound as error:
            raise FamilyGone(
                f"the platform has no /threads: {error.message}",
                hint="OpenAI closed its Assistants API on 2026-08-26; talk to a compatible server "
                "(platform.base_url), or to platform: {api: local}",
                status=404,
            ) from None
        self._thread = str(made["id"])

    async def _follow(
        self, reader: RunReader, path: str, body: Any, params: Any = None
    ) -> AsyncIterator[Event]:
        """Start or resume the run, and follow it until it ends or waits for us."""
        reader.run = {}
        try:
            async for raw in self._wire.stream(path, body, params):
                async for event in reader.read(await self._whole(raw)):
                    yield event
                if self._active is None and reader.run:
                    self._active = str(reader.run["id"])
                    yield Started(str(self._thread), self._active)
        except Unavailable:
            if self._active is None:
                raise
        if self._active is None:
            raise Unavailable(f"POST {path}: the stream ended before the run began")
        if reader.run.get("status", WORKING[0]) in WORKING:
            async for event in self._catch_up(reader):
                yield event

    async def _whole(self, raw: Object) -> Object:
        """An event of the stream; the passages of a search, where it lacks them, are fetched."""
        step = step_without_passages(raw)
        if step is not None and self._active is not None:
            with contextlib.suppress(PlatformError):
                found = await self._wire.get(f"{self._path}/steps/{step}", _PASSAGES)
                return {**raw, "data": found}
        return raw

    async def _catch_up(self, reader: RunReader) -> AsyncIterator[Event]:
        """Poll a run whose stream is over before it is, and tell what the stream did not."""
        run = await self._wire.get(self._path)
        while run.get("status") in WORKING:
            await self._wire.pause(POLL_SECONDS)
            run = await self._wire.get(self._path)
        reader.run = run
        order = {"order": "asc", "limit": 100}
        steps = await self._wire.get(f"{self._path}/steps", {**order, **_PASSAGES})
        for step in steps.get("data") or ():
            if step.get("status") != "in_progress":
                async for event in reader.step(step):
                    yield event
        said = await self._wire.get(
            f"/threads/{self._thread}/messages", {**order, "run_id": self._active}
        )
        for message in said.get("data") or ():
            async for event in reader.message(message):
                yield event


def _end(run: Mapping[str, Any]) -> End:
    status, usage = str(run.get("status")), usage_of(run)
    if status == "completed":
        return Done(usage)
    if status == "incomplete":
        details = run.get("incomplete_details") or {}
        return Done(usage, str(details.get("reason") or "unknown reason"))
    error = run.get("last_error") or {}
    reason = str(error.get("message") or f"the run is {status}")
    return Failed(status, reason, error.get("code"), usage)


def _unanswered(calls: Sequence[FunctionCall]) -> Failed:
    names = ", ".join(dict.fromkeys(call.name for call in calls))
    reason = f"the assistant calls {names}, and nothing here answers it"
    return Failed("requires_action", reason, calls=tuple(calls))
