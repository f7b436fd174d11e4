"""The loop of a turn: ask the model, run its tools, ask again, until it has nothing more to call.

Calls of the client's own functions stop the turn; it is started again with their outputs in the
history and in ``Turn.earlier``. All I/O goes through the ports; nothing here is stored.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from retinue.local.turns import events, tokens, toolbox
from retinue.local.turns.citations import Citer, passages
from retinue.local.turns.events import Event
from retinue.local.turns.items import Choice, Item, Made, Said, ToolCall, Turn, Usage, Words
from retinue.local.turns.ports import Ask, TurnFailed, World
from retinue.local.turns.reply import Reply

_MOST_REPLIES = 64
"""A model that calls tools for ever is stopped."""


async def run_turn(turn: Turn, world: World) -> AsyncGenerator[Event]:
    """Carry out ``turn``; the last event is always ``Ended``, unless the caller stops it."""
    progress = _Progress(turn, world)
    try:
        async for event in _rounds(progress):
            yield event
    except TurnFailed as error:
        yield events.Ended("failed", progress.usage, error.code, error.message)


async def _rounds(progress: _Progress) -> AsyncIterator[Event]:
    for _ in range(_MOST_REPLIES):
        ask = progress.ask()
        if ask is None:
            yield events.Ended("incomplete", progress.usage, "max_prompt_tokens")
            return
        reply = progress.new_reply()
        async with aclosing(progress.listen(ask, reply)) as heard:
            async for event in heard:
                yield event
        if reply.cut:
            reason = "content_filter" if reply.reason == "content_filter" else "max_tokens"
            yield events.Ended("incomplete", progress.usage, reason)
            return
        if not reply.calls:
            yield events.Ended("completed", progress.usage)
            return
        async for event in progress.carry_out(reply):
            yield event
        if progress.pending:
            pending = tuple(progress.pending)
            yield events.Ended("requires_action", progress.usage, pending=pending)
            return
    raise TurnFailed(f"The model called tools {_MOST_REPLIES} times without coming to an end.")


class _Progress:
    """What a turn has come to so far."""

    def __init__(self, turn: Turn, world: World) -> None:
        self._turn = turn
        self._world = world
        self._box = toolbox.Toolbox.of(turn.tools)
        self._history: list[Item] = list(turn.history)
        self._calls: list[ToolCall] = list(turn.earlier)
        self._images: tuple[Made, ...] = ()
        self._replies = 0
        self._last = Usage()
        self.usage = turn.spent
        self.pending: list[ToolCall] = []

    def ask(self) -> Ask | None:
        """The next question to the model; None when its budget of tokens is spent."""
        turn, settings = self._turn, self._turn.settings
        budget = tokens.CONTEXT_TOKENS
        if settings.most_prompt is not None:
            budget = min(budget, settings.most_prompt - self.usage.prompt)
        budget -= tokens.of_text(turn.instructions)
        kept = tokens.fit(self._history, budget)
        if settings.most_prompt is not None and tokens.of_items(kept) > budget:
            return None
        if settings.most_completion is not None:
            left = max(1, settings.most_completion - self.usage.completion)
            settings = replace(settings, most_completion=left)
        # A forced tool is forced once: afterwards the model must be free to answer.
        first = not self._replies and not turn.resumed
        self._replies += 1
        choice = self._box.choice(settings.choice) if first else _later(settings.choice)
        offered = () if self._exhausted() else self._box.definitions()
        return Ask(turn.model, turn.instructions, kept, offered, choice, settings)

    def _exhausted(self) -> bool:
        most = self._turn.settings.most_calls
        made = len(self._calls) - len(self._turn.earlier)
        return most is not None and made >= most

    def new_reply(self) -> Reply:
        """Listen to the next answer."""
        made = [each for call in self._calls for each in call.outputs if isinstance(each, Made)]
        images, self._images = self._images, ()
        return Reply(
            box=self._box,
            citer=Citer(passages(self._calls), made, marks=self._turn.marks),
            images=images,
            mint=self._world.mint,
            parallel=self._turn.settings.parallel,
        )

    async def listen(self, ask: Ask, reply: Reply) -> AsyncGenerator[Event]:
        """Put the question and tell the answer as it comes."""
        chunks = self._world.model.reply(ask)
        async for chunk in chunks:
            for event in reply.take(chunk):
                yield event
        self._last = reply.usage or _estimated(ask, reply)
        self.usage += self._last
        for event in reply.finish(self._last):
            yield event
        if reply.text:
            self._history.append(Said("assistant", (Words(reply.text),)))

    async def carry_out(self, reply: Reply) -> AsyncIterator[Event]:
        """Run the tools that run here; the client's functions become ``pending``."""
        done: list[ToolCall] = []
        for index, call in enumerate(reply.calls):
            if call.kind == "function":
                self.pending.append(call)
                done.append(call)
                continue
            finished = await self._run(call)
            self._calls.append(finished)
            done.append(finished)
            yield events.CallDone(index, finished)
        self._history += [call.asked for call in done]
        self._history += [call.answered for call in done if call.output is not None]
        yield events.GroupClosed(tuple(done), self._last)

    async def _run(self, call: ToolCall) -> ToolCall:
        if call.kind == "file_search" and self._box.search:
            number = sum(each.kind == "file_search" for each in self._calls)
            hits = tuple(await self._world.search.find(toolbox.query_of(call), self._box.search))
            return replace(call, hits=hits, output=toolbox.found_text(number, hits))
        assert self._box.interpreter is not None  # kind_of says code_interpreter only then
        files = list(self._box.interpreter.files)
        outputs = tuple(await self._world.interpreter.execute(toolbox.code_of(call), files))
        shown = (each for each in outputs if isinstance(each, Made) and each.image)
        self._images += tuple(shown)
        return replace(call, outputs=outputs, output=toolbox.printed_text(outputs))


def _later(choice: Choice) -> Choice:
    return choice if choice.kind == "none" else Choice()


def _estimated(ask: Ask, reply: Reply) -> Usage:
    said = sum(tokens.of_text(call.arguments) for call in reply.calls)
    prompt = tokens.of_prompt(ask.instructions, ask.history)
    return Usage(prompt, tokens.of_text(reply.text) + said)
