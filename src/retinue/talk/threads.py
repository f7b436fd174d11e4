"""A conversation on the target ``assistants``: a thread, and a run for every question.

Runs are streamed, and go on at the platform when their stream breaks off.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from retinue.errors import FamilyGone, NotFound, PlatformError, UsageError
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.talk.attaching import Attachments, is_image
from retinue.talk.conversation import Role
from retinue.talk.events import Done, End, Event, Failed, FunctionCall, Output, Started
from retinue.talk.following import (
    MOST_ROUNDS,
    cancelled,
    ended,
    endless,
    follow,
    given,
    left,
    listed,
    unanswered,
    unfinished,
)
from retinue.talk.terms import Terms
from retinue.talk.wire_events import RunReader, step_without_passages, usage_of, waiting

WORKING: Final = ("queued", "in_progress", "cancelling")
_WAITING: Final = "requires_action"
_READERS: Final = ("code_interpreter", "file_search")
_PASSAGES: Final = {"include": ["step_details.tool_calls[*].file_search.results[*].content"]}


class ThreadConversation:
    """Implements `retinue.talk.conversation.Conversation`."""

    def __init__(self, terms: Terms) -> None:
        self._wire = terms.wire
        self._streams = terms.streams
        self._sources = terms.sources
        self._respond = terms.respond
        self._attachments = Attachments(terms.wire, keep=terms.keep)
        self._thread = terms.thread
        self._overrides = _overrides(terms.role) if terms.role else {}
        self._active: str | None = None
        self._starting = False
        self._settled = terms.thread is None
        self.party = terms.party

    @property
    def id(self) -> str | None:
        return self._thread

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        message = await self._message(question, files)
        async for event in self._settle():
            yield event
        await self._put(message)
        reader = RunReader(self._sources)
        body = {"assistant_id": self.party.id, **self._overrides}
        async for event in self._follow(reader, self._runs, body, _PASSAGES):
            yield event
        outputs: dict[str, Output] = {}
        for _ in range(MOST_ROUNDS):
            calls = waiting(reader.run)
            if not calls:
                self._active, self._settled = None, True
                yield _end(reader.run)
                return
            async for event in self._answer(calls, outputs):
                yield event
            if self._active is None:
                return
            sent = [{"tool_call_id": call.id, "output": outputs[call.id].told} for call in calls]
            async for event in self._follow(reader, self._submit, {"tool_outputs": sent}):
                yield event
        await self.cancel()
        yield endless()

    async def cancel(self) -> None:
        run, self._active = self._active, None
        starting, self._starting = self._starting, False
        with contextlib.suppress(PlatformError):
            if starting:  # what would have said the run's ID has not come
                run = (await self._newest()).get("id")
            if run is not None:
                await self._stop(run)

    async def close(self, *, forget: bool) -> None:
        await self.cancel()
        await self._attachments.take_back()
        if forget and self._thread is not None:
            with contextlib.suppress(PlatformError):
                await self._wire.delete(f"/threads/{self._thread}")

    # --- earlier runs --------------------------------------------------------------------------

    @property
    def _runs(self) -> str:
        return f"/threads/{self._thread}/runs"

    async def _newest(self) -> Object:
        """The newest run of the thread; empty if there is none."""
        page = await self._wire.page(self._runs, {"order": "desc", "limit": 1})
        return next(iter(page.get("data") or ()), {})

    async def _settle(self) -> AsyncIterator[Event]:
        """A thread takes no question while a run is under way. One that works comes to its end;
        one that waits for outputs would wait for ever: whoever started it has gone."""
        if self._settled or self._thread is None:
            return
        run = await self._newest()
        if run.get("status") in WORKING:
            yield unfinished()
            run = await ended(self._wire, f"{self._runs}/{run['id']}", WORKING)
        if run.get("status") == _WAITING:
            await self._stop(str(run["id"]))
            yield left((call.name for call in waiting(run)), "it was cancelled")

    async def _stop(self, run: str) -> None:
        """Cancel a run, which may be over by now."""
        path = f"{self._runs}/{run}"
        with contextlib.suppress(PlatformError):
            await self._wire.change(f"{path}/cancel", {})
        await cancelled(self._wire, path, WORKING)

    # --- one run -------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"{self._runs}/{self._active}"

    @property
    def _submit(self) -> str:
        return f"{self._path}/submit_tool_outputs"

    async def _put(self, message: Object) -> None:
        """Write the question down: in a new thread, or in the one that goes on."""
        self._settled = False
        if self._thread is not None:
            await self._wire.create(f"/threads/{self._thread}/messages", message)
            return
        try:
            made = await self._wire.create("/threads", {"messages": [message]})
        except NotFound as error:
            raise FamilyGone(
                f"the platform has no /threads: {error.message}",
                hint="OpenAI closed its Assistants API on 2026-08-26; apply with target: responses "
                "or agents, or talk to a compatible server (platform.base_url)",
                status=404,
            ) from None
        self._thread = str(made["id"])

    async def _answer(
        self, calls: Sequence[FunctionCall], outputs: dict[str, Output]
    ) -> AsyncIterator[Event]:
        """Add to ``outputs`` what is not known; the run is cancelled where nobody knows it.

        A call is asked for twice where its output got lost on the way: it is not run again."""
        new = [call for call in calls if call.id not in outputs]
        for call in new:
            yield call
        found = await self._respond(new) if new else {}
        if found is None:
            await self.cancel()
            yield unanswered(calls)
            return
        outputs.update(found)
        for call in new:
            yield given(call, found[call.id])

    async def _message(self, question: str, files: Sequence[Upload]) -> dict[str, Any]:
        """A user's message: pictures for the model to see, all else for the tools that read."""
        documents = [file for file in files if not is_image(file)]
        tools = [{"type": tool} for tool in _READERS if tool in self.party.tool_types]
        if documents and not tools:
            raise UsageError(
                f"{self.party.address} has no tool that can read {documents[0].shown}",
                hint="give it file_search or code_interpreter in its manifest, then apply",
            )
        message: dict[str, Any] = {"role": "user", "content": question}
        images = [await self._attachments.upload(f, "vision") for f in files if is_image(f)]
        if images:
            shown = [{"type": "image_file", "image_file": {"file_id": each}} for each in images]
            message["content"] = [{"type": "text", "text": question}, *shown]
        if documents:
            attached = [await self._attachments.upload(file, "assistants") for file in documents]
            message["attachments"] = [{"file_id": each, "tools": tools} for each in attached]
        return message

    async def _follow(
        self, reader: RunReader, path: str, body: Any, params: Any = None
    ) -> AsyncIterator[Event]:
        """Start or resume the run, and follow it until it ends or waits for us."""
        reader.run = {}
        self._starting = self._active is None

        async def read(raw: Object) -> AsyncIterator[Event]:
            async for event in reader.read(await self._whole(raw)):
                yield event
            if self._active is None and reader.run:
                self._active, self._starting = str(reader.run["id"]), False
                yield Started(str(self._thread), self._active)

        raws = self._streams.stream(path, body, params)
        try:
            async for event in follow(f"POST {path}", raws, read, lambda: self._active is not None):
                yield event
        except PlatformError:
            self._starting = False
            raise
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
        reader.run = await ended(self._wire, self._path, WORKING)
        for step in await listed(self._wire, f"{self._path}/steps", _PASSAGES):
            if step.get("status") != "in_progress":
                async for event in reader.step(step):
                    yield event
        said = {"run_id": self._active}
        for message in await listed(self._wire, f"/threads/{self._thread}/messages", said):
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


def _overrides(role: Role) -> dict[str, Any]:
    """Settings of every run that take the place of the assistant's own."""
    schema = {"name": role.form, "strict": True, "schema": dict(role.schema)}
    form = {"type": "json_schema", "json_schema": schema}
    return {
        "instructions": role.instructions,
        "tools": [],
        "response_format": form,
        **role.given(),
    }
