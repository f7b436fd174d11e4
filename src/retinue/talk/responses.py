"""A conversation on the target ``responses``: a conversation, and responses for every question.

The request is the release's. Responses are made in the background, which is what the platform has
for answers that can be cancelled and that go on when their stream breaks off; they are streamed all
the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from retinue.errors import FamilyGone, NotFound, PlatformError
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.talk import inputs
from retinue.talk.attaching import Attachments, is_image
from retinue.talk.conversation import Party, Role
from retinue.talk.events import Event, Failed, Output, Started, Usage
from retinue.talk.following import (
    MOST_ROUNDS,
    cancelled,
    ended,
    endless,
    follow,
    given,
    left,
    unanswered,
    unapproved,
)
from retinue.talk.response_events import ResponseReader, Wanted, answered, wanted_of
from retinue.talk.terms import Terms
from retinue.targets.responses import request_of

WORKING: Final = ("queued", "in_progress")
_INCLUDED: Final[Mapping[str, str]] = {
    "file_search": "file_search_call.results",
    "code_interpreter": "code_interpreter_call.outputs",
}
"""What responses hold of a tool only where they are asked for it."""

_NEWEST: Final = 100
_MOST_ITEMS: Final = 20
"""How many items are listed, and how many can be added to a conversation, in one request."""

_ITS_OWN: Final = ("tools", "parallel_tool_calls", "max_tool_calls", "max_output_tokens")
"""What of a request is for the assistant's own answers, and for no other role."""

_OF_THE_MODEL: Final = ("reasoning", "temperature", "top_p", "service_tier")
"""What another model may refuse."""

_NOBODY: Final = Output("nobody answered this call", failed=True)


class ResponseConversation:
    """Implements `retinue.talk.conversation.Conversation`."""

    def __init__(self, terms: Terms) -> None:
        self._wire = terms.wire
        self._streams = terms.streams
        self._sources = terms.sources
        self._respond = terms.respond
        self._attachments = Attachments(terms.wire, keep=terms.keep)
        self._request = _request(terms.party, terms.role)
        self._conversation = terms.thread
        self._in_container: list[str] = []
        self._owed: Sequence[Object] = ()
        self._settled = terms.thread is None
        self._active: str | None = None
        self._made: list[str] = []
        self.party = terms.party

    @property
    def id(self) -> str | None:
        return self._conversation

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        sent: Sequence[Object] = [await self._message(question, files)]
        await self._open()
        async for event in self._settle():
            yield event
        reader = ResponseReader(self._sources, marks=self._marks)
        usage: Usage | None = None
        for _ in range(MOST_ROUNDS):
            async for event in self._follow(reader, sent):
                yield event
            if (spent := reader.usage()) is not None:
                usage = spent + (usage or Usage())
            if not (wanted := reader.wanted()):
                self._settled = reader.response.get("status") == "completed"
                await self._close_calls()
                yield reader.end(usage)
                return
            over = False
            async for event in self._answer(wanted):
                over = isinstance(event, Failed)
                yield event
            if over:
                return
            sent = self._owed
        await self._close_calls()
        yield endless(usage)

    async def cancel(self) -> None:
        active, self._active = self._active, None
        if active is not None:
            path = f"/responses/{active}"
            with contextlib.suppress(PlatformError):
                await self._wire.change(f"{path}/cancel", {})
            await cancelled(self._wire, path, WORKING)
        await self._close_calls()

    async def close(self, *, forget: bool) -> None:
        await self.cancel()
        await self._attachments.take_back()
        if forget and self._conversation is not None:
            # A conversation that is deleted leaves its responses behind.
            paths = [f"/responses/{each}" for each in self._made]
            for path in (f"/conversations/{self._conversation}", *paths):
                with contextlib.suppress(PlatformError):
                    await self._wire.delete(path)

    # --- what is left open ---------------------------------------------------------------------

    @property
    def _items(self) -> str:
        return f"/conversations/{self._conversation}/items"

    async def _settle(self) -> AsyncIterator[Event]:
        """A conversation with an open call takes no question. What is known of it is given; what
        it gave to somebody who has gone nobody can say, and the model is told so."""
        if not self._settled:
            # The newest will do: with an open call among the older ones there were no newer ones.
            newest = await self._wire.page(self._items, {"order": "desc", "limit": _NEWEST})
            wanted = wanted_of(newest.get("data") or ())
            known = {answered(item): item for item in self._owed}
            self._owed = [known.get(answered(no), no) for no in _owed(wanted, {}, {})]
            await self._give()
            names = [call.name for call in wanted.calls if call.id not in known]
            names += [f"{e.name} of {e.server}" for e in wanted.approvals if e.id not in known]
            if names:
                yield left(names, "the assistant is told that nobody answered")
        self._settled = False

    async def _give(self) -> None:
        """Put what the conversation is owed into it."""
        while self._owed:
            await self._wire.add(self._items, {"items": self._owed[:_MOST_ITEMS]})
            self._owed = self._owed[_MOST_ITEMS:]

    async def _close_calls(self) -> None:
        """The same at the end of an answer; what can't be given now is given before the next."""
        with contextlib.suppress(PlatformError):
            await self._give()

    # --- what is sent --------------------------------------------------------------------------

    @property
    def _marks(self) -> bool:
        """Whether citations may stand in the text, which is nobody's to change where it is JSON."""
        form = (self._request.get("text") or {}).get("format") or {}
        searches = any(tool.get("type") == "file_search" for tool in self._tools)
        return searches and form.get("type", "text") == "text"

    @property
    def _tools(self) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = [dict(tool) for tool in self._request.get("tools") or ()]
        for tool in tools:
            container = tool.get("container")
            if self._in_container and isinstance(container, Mapping):
                files = [*(container.get("file_ids") or ()), *self._in_container]
                tool["container"] = {**container, "file_ids": files}
        return tools

    def _body(self, sent: Sequence[Object]) -> dict[str, Any]:
        tools = self._tools
        included = {_INCLUDED.get(str(tool.get("type"))) for tool in tools} - {None}
        return {
            **self._request,
            **({"tools": tools} if tools else {}),
            **({"include": sorted(map(str, included))} if included else {}),
            "input": list(sent),
            "conversation": self._conversation,
            "background": True,
        }

    async def _message(self, question: str, files: Sequence[Upload]) -> Object:
        """A user's message. Files that are no pictures go to the code interpreter's container,
        which takes any, or to the model, which says itself what it can't read."""
        content = inputs.parts(question, files)
        contained = any(isinstance(tool.get("container"), Mapping) for tool in self._tools)
        for file in files:
            if is_image(file):
                continue
            file_id = await self._attachments.upload(file, "user_data")
            if contained:
                self._in_container.append(file_id)
                note = f"[attached for the code interpreter: {file.path.name}]"
                content.append({"type": "input_text", "text": note})
            else:
                content.append({"type": "input_file", "file_id": file_id})
        return inputs.message(content)

    async def _open(self) -> None:
        if self._conversation is not None:
            return
        try:
            made = await self._wire.create("/conversations", {})
        except NotFound as error:
            raise FamilyGone(
                f"the platform has no /conversations: {error.message}",
                hint="ask, chat and test need Responses with Conversations, which OpenAI and the "
                "embedded platform have",
                status=404,
            ) from None
        self._conversation = str(made["id"])

    # --- one response --------------------------------------------------------------------------

    async def _follow(self, reader: ResponseReader, sent: Sequence[Object]) -> AsyncIterator[Event]:
        """Have a response made, and follow it to its end."""
        reader.response, self._active = {}, None

        async def read(raw: Object) -> AsyncIterator[Event]:
            async for event in reader.read(raw):
                yield event
            made = reader.response.get("id")
            if self._active is None and made:
                self._active = str(made)
                self._made.append(self._active)
                yield Started(str(self._conversation), self._active)

        body = self._body(sent)
        raws = self._streams.stream("/responses", body)
        async for event in follow("POST /responses", raws, read, lambda: bool(reader.response)):
            yield event
        if reader.response.get("status") in WORKING:
            path, params = f"/responses/{self._active}", {"include": body.get("include", [])}
            reader.response = await ended(self._wire, path, WORKING, params)
        self._active = None
        async for event in reader.finish():
            yield event
        if reader.response.get("status") in ("completed", "incomplete"):
            # What was sent is in the conversation now, and so is a call that was cut off.
            self._owed = _owed(reader.left(), {}, {})

    async def _answer(self, wanted: Wanted) -> AsyncIterator[Event]:
        """Get outputs and approvals; where nobody gives them, the last event says so."""
        calls, approvals = wanted.calls, wanted.approvals
        for call in calls:
            yield call
        for each in approvals:
            yield each
        self._owed = _owed(wanted, {}, {})
        outputs = await self._respond(calls) if calls else {}
        if outputs is None:
            await self.cancel()
            yield unanswered(calls)
            return
        self._owed = _owed(wanted, outputs, {})
        for call in calls:
            yield given(call, outputs[call.id])
        allowed = await self._respond.approve(approvals) if approvals else {}
        if allowed is None:
            await self.cancel()
            yield unapproved(approvals)
            return
        self._owed = _owed(wanted, outputs, allowed)


def _owed(
    wanted: Wanted, outputs: Mapping[str, Output], allowed: Mapping[str, bool]
) -> list[Object]:
    """What a conversation needs before it can go on: as far as it is not known, a no."""
    given_back: list[Object] = [
        {
            "type": "function_call_output",
            "call_id": call.id,
            "output": outputs.get(call.id, _NOBODY).told,
        }
        for call in wanted.calls
    ]
    decided: list[Object] = [
        {
            "type": "mcp_approval_response",
            "approval_request_id": each.id,
            "approve": allowed.get(each.id, False),
        }
        for each in wanted.approvals
    ]
    return given_back + decided


def _request(party: Party, role: Role | None) -> dict[str, Any]:
    """What every response is asked with."""
    request = request_of(party.values)
    if role is None:
        return request
    dropped = _ITS_OWN + (_OF_THE_MODEL if role.model else ())
    kept = {key: value for key, value in request.items() if key not in dropped}
    schema = {"name": role.form, "strict": True, "schema": dict(role.schema)}
    form = {"format": {"type": "json_schema", **schema}}
    return {**kept, "instructions": role.instructions, "text": form, **role.given()}
