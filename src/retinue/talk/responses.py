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
from retinue.talk.conversation import Party, Responder, Role, Wire
from retinue.talk.events import Approval, Event, FunctionCall, Started, Usage
from retinue.talk.following import cancelled, ended, endless, follow, given, unanswered, unapproved
from retinue.talk.response_events import ResponseReader
from retinue.talk.sources import Sources
from retinue.targets.responses import request_of

WORKING: Final = ("queued", "in_progress")
_INCLUDED: Final[Mapping[str, str]] = {
    "file_search": "file_search_call.results",
    "code_interpreter": "code_interpreter_call.outputs",
}
"""What responses hold of a tool only where they are asked for it."""

MOST_RESPONSES: Final = 50
"""How many responses a question may take: a model that calls without end is stopped."""

_ITS_OWN: Final = ("tools", "parallel_tool_calls", "max_tool_calls", "max_output_tokens")
"""What of a request is for the assistant's own answers, and for no other role."""

_OF_THE_MODEL: Final = ("reasoning", "temperature", "top_p", "service_tier")
"""What another model may refuse."""

_NOBODY: Final = "error: nobody answered this call"


class ResponseConversation:
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
        self._request = _request(party, role)
        self._conversation = thread
        self._in_container: list[str] = []
        self._owed: list[Object] = []
        self._active: str | None = None
        self._made: list[str] = []
        self.party = party

    @property
    def id(self) -> str | None:
        return self._conversation

    async def ask(self, question: str, files: Sequence[Upload] = ()) -> AsyncIterator[Event]:
        await self._settle()
        sent: Sequence[Object] = [await self._message(question, files)]
        await self._open()
        reader = ResponseReader(self._sources, marks=self._marks)
        usage: Usage | None = None
        for _ in range(MOST_RESPONSES):
            async for event in self._follow(reader, sent):
                yield event
            if (spent := reader.usage()) is not None:
                usage = spent + (usage or Usage())
            calls, wanted = reader.calls(), reader.approvals()
            if not (calls or wanted):
                await self._settle()
                yield reader.end(usage)
                return
            async for event in self._answer(calls, wanted):
                yield event
            if not self._owed:
                return
            sent = self._owed
        await self._settle()
        yield endless(MOST_RESPONSES, usage)

    async def cancel(self) -> None:
        active, self._active = self._active, None
        if active is not None:
            path = f"/responses/{active}"
            with contextlib.suppress(PlatformError):
                await self._wire.change(f"{path}/cancel", {})
            await cancelled(self._wire, path, WORKING)
        await self._settle()

    async def close(self, *, forget: bool) -> None:
        await self.cancel()
        await self._attachments.take_back()
        if forget and self._conversation is not None:
            # A conversation that is deleted leaves its responses behind.
            paths = [f"/responses/{each}" for each in self._made]
            for path in (f"/conversations/{self._conversation}", *paths):
                with contextlib.suppress(PlatformError):
                    await self._wire.delete(path)

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
        raws = self._wire.stream("/responses", body)
        async for event in follow("POST /responses", raws, read, lambda: bool(reader.response)):
            yield event
        if reader.response.get("status") in WORKING:
            path, params = f"/responses/{self._active}", {"include": body.get("include", [])}
            reader.response = await ended(self._wire, path, WORKING, params)
        self._active = None
        async for event in reader.finish():
            yield event
        if reader.response.get("status") in ("completed", "incomplete"):
            self._owed = []

    async def _answer(
        self, calls: Sequence[FunctionCall], wanted: Sequence[Approval]
    ) -> AsyncIterator[Event]:
        """Get outputs and approvals; nothing is owed any more where nobody gives them."""
        for call in calls:
            yield call
        for each in wanted:
            yield each
        self._owed = _owed(calls, wanted, {}, {})
        outputs = await self._respond(calls) if calls else {}
        if outputs is None:
            await self.cancel()
            yield unanswered(calls)
            return
        for call in calls:
            yield given(call, outputs[call.id])
        allowed = await self._respond.approve(wanted) if wanted else {}
        if allowed is None:
            await self.cancel()
            yield unapproved(wanted)
            return
        self._owed = _owed(calls, wanted, outputs, allowed)

    async def _settle(self) -> None:
        """A conversation with an open call takes no further question: close what is left open."""
        owed, self._owed = self._owed, []
        if owed:
            path = f"/conversations/{self._conversation}/items"
            with contextlib.suppress(PlatformError):
                await self._wire.create(path, {"items": owed})


def _owed(
    calls: Sequence[FunctionCall],
    wanted: Sequence[Approval],
    outputs: Mapping[str, str],
    allowed: Mapping[str, bool],
) -> list[Object]:
    """What a conversation needs before it can go on: as far as it is not known, a no."""
    given_back: list[Object] = [
        {
            "type": "function_call_output",
            "call_id": call.id,
            "output": outputs.get(call.id, _NOBODY),
        }
        for call in calls
    ]
    decided: list[Object] = [
        {
            "type": "mcp_approval_response",
            "approval_request_id": each.id,
            "approve": allowed.get(each.id, False),
        }
        for each in wanted
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
