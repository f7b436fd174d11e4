"""A conversation on the target ``assistants``: a thread, and a run for every question.

Runs are streamed, and go on at the platform when their stream breaks off.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from retinue.errors import FamilyGone, NotFound, PlatformError, UsageError
from retinue.kinds.base import Upload
from retinue.talk.attaching import Attachments, is_image
from retinue.talk.conversation import Party, Responder, Role, Wire
from retinue.talk.events import Done, End, Event, Failed, Started
from retinue.talk.following import cancelled, ended, follow, unanswered
from retinue.talk.sources import Sources
from retinue.talk.wire_events import Object, RunReader, step_without_passages, usage_of, waiting

WORKING: Final = ("queued", "in_progress", "cancelling")
_READERS: Final = ("code_interpreter", "file_search")
_PASSAGES: Final = {"include": ["step_details.tool_calls[*].file_search.results[*].content"]}


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
        role: Role | None = None,
    ) -> None:
        self._wire = wire
        self._sources = sources
        self._respond = respond
        self._attachments = Attachments(wire, keep=keep)
        self._thread = thread
        self._active: str | None = None
        self._overrides = _overrides(role) if role else {}
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
                yield unanswered(calls)
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
            await cancelled(self._wire, path, WORKING)

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
        message = await self._message(question, files)
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

        async def read(raw: Object) -> AsyncIterator[Event]:
            async for event in reader.read(await self._whole(raw)):
                yield event
            if self._active is None and reader.run:
                self._active = str(reader.run["id"])
                yield Started(str(self._thread), self._active)

        raws = self._wire.stream(path, body, params)
        async for event in follow(f"POST {path}", raws, read, lambda: self._active is not None):
            yield event
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
