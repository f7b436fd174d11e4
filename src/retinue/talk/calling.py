"""Who answers the calls of functions: a handler that may run, a person, or nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from retinue.address import Address
from retinue.errors import UsageError
from retinue.manifest.model import Assistant, Function, FunctionTool, Manifest, Mcp, Tool
from retinue.manifest.model_checks import Handler
from retinue.manifest.suggest import did_you_mean, listed
from retinue.talk.events import Approval, FunctionCall, Output
from retinue.talk.handlers import failure, run_handler

ALL = "all"


@dataclass(frozen=True, slots=True)
class Bound:
    """A handler and the function that it is bound to; ``allowed``: it may run unasked."""

    address: Address
    handler: Handler
    allowed: bool


class Person(Protocol):
    """Somebody who can be asked. Everything waits for the answer."""

    def may_run(self, call: FunctionCall, bound: Bound) -> bool | None:
        """Whether the handler may run; None leaves the call without an answer.

        Raises:
            Refused: there is nobody to ask.
        """
        ...

    def output_of(self, call: FunctionCall) -> str | None:
        """What to answer a call that has no handler; None where nobody answers."""
        ...

    def may_use(self, wanted: Approval) -> bool | None:
        """Whether the assistant may use a tool of an MCP server; None where nobody says.

        Raises:
            Refused: there is nobody to ask.
        """
        ...


class Nobody:
    """A `Person` who isn't there: what is not allowed beforehand stays unanswered."""

    def may_run(self, call: FunctionCall, bound: Bound) -> bool | None:
        del call, bound
        return None

    def output_of(self, call: FunctionCall) -> str | None:
        del call
        return None

    def may_use(self, wanted: Approval) -> bool | None:
        del wanted
        return None


class Watcher(Protocol):
    """Told of every call that a handler answers."""

    def __call__(self, call: FunctionCall, output: Output, seconds: float) -> None: ...


def ignore(call: FunctionCall, output: Output, seconds: float) -> None:
    """The watcher of those who don't want to know."""
    del call, output, seconds


@dataclass(frozen=True, slots=True)
class Desk:
    """Implements `retinue.talk.conversation.Responder`. ``handlers`` by the function's name on the
    platform; ``servers`` are the MCP servers whose tools may be used unasked; ``root`` is the
    project's folder."""

    handlers: Mapping[str, Bound]
    root: Path
    person: Person
    watch: Watcher = ignore
    servers: frozenset[str] = frozenset()

    async def __call__(self, calls: Sequence[FunctionCall]) -> Mapping[str, Output] | None:
        """Ask first, one by one; then run what may run at the same time."""
        granted: list[tuple[FunctionCall, Bound]] = []
        outputs: dict[str, Output] = {}
        for call in calls:
            decided = self._decide(call)
            if decided is None:
                return None
            if isinstance(decided, Bound):
                granted.append((call, decided))
            else:
                outputs[call.id] = decided
        running = [self._run(call, bound) for call, bound in granted]
        return {**outputs, **dict(await asyncio.gather(*running))}

    async def approve(self, wanted: Sequence[Approval]) -> Mapping[str, bool] | None:
        """One by one, those of servers that need no asking apart."""
        decided: dict[str, bool] = {}
        for each in wanted:
            may = each.server in self.servers or self.person.may_use(each)
            if may is None:
                return None
            decided[each.id] = may
        return decided

    def _decide(self, call: FunctionCall) -> Bound | Output | None:
        """The handler that may run, or the output without one; None where nobody answers."""
        bound = self.handlers.get(call.name)
        if bound is None:
            said = self.person.output_of(call)
            return None if said is None else Output(said)
        may = bound.allowed or self.person.may_run(call, bound)
        if may is None:
            return None
        return bound if may else failure(f"the user did not allow {call.name} to run")

    async def _run(self, call: FunctionCall, bound: Bound) -> tuple[str, Output]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        output = await run_handler(bound.handler, call, self.root)
        self.watch(call, output, loop.time() - began)
        return call.id, output


def bind(manifest: Manifest, assistant: Address, allowed: frozenset[str]) -> dict[str, Bound]:
    """The handlers of the functions that ``assistant`` has, by their names on the platform.
    ``allowed`` holds names of functions, here or on the platform, or ``all``."""
    bound: dict[str, Bound] = {}
    for function in _functions(manifest, [assistant]):
        if function.handler is not None:
            free = bool(allowed & {*_names(function), ALL}) or function.handler.allow
            name = str(function.definition["name"])
            bound[name] = Bound(function.address, function.handler, free)
    return bound


def servers(manifest: Manifest, assistant: Address, approved: frozenset[str]) -> frozenset[str]:
    """The labels of the MCP servers of ``assistant`` that are among ``approved``."""
    return _labels(manifest, [assistant]) & approved


def check_allowed(
    manifest: Manifest, assistants: Sequence[Address], allowed: frozenset[str]
) -> None:
    """Make sure that each name in ``allowed`` is a function of ``assistants`` with a handler.

    Raises:
        UsageError: one is not.
    """
    functions = _functions(manifest, assistants)
    names = {name for each in functions if each.handler is not None for name in _names(each)}
    for name in sorted(allowed - names - {ALL}):
        otherwise = f"functions with a handler: {listed(names)}" if names else None
        if name in _labels(manifest, assistants):
            otherwise = f"{name} is an MCP server: --approve {name}"
        raise UsageError(
            f"--allow {name}: there is no such function with a handler",
            hint=did_you_mean(name, names, otherwise),
        )


def check_approved(
    manifest: Manifest, assistants: Sequence[Address], approved: frozenset[str]
) -> None:
    """Make sure that each label in ``approved`` is an MCP server of ``assistants``.

    Raises:
        UsageError: one is not.
    """
    labels = _labels(manifest, assistants)
    for label in sorted(approved - labels):
        otherwise = f"MCP servers: {listed(labels)}" if labels else None
        raise UsageError(
            f"--approve {label}: there is no MCP server with this server_label",
            hint=did_you_mean(label, labels, otherwise),
        )


def _names(function: Function) -> tuple[str, str]:
    return str(function.definition["name"]), function.address.name


def _tools(manifest: Manifest, assistants: Iterable[Address]) -> Iterator[Tool]:
    for address in assistants:
        assistant = manifest.resources.get(address)
        if isinstance(assistant, Assistant):
            yield from assistant.tools or ()


def _labels(manifest: Manifest, assistants: Iterable[Address]) -> frozenset[str]:
    tools = _tools(manifest, assistants)
    return frozenset(tool.label for tool in tools if isinstance(tool, Mcp))


def _functions(manifest: Manifest, assistants: Iterable[Address]) -> list[Function]:
    used = {
        tool.source
        for tool in _tools(manifest, assistants)
        if isinstance(tool, FunctionTool) and tool.source is not None
    }
    found = (manifest.resources.get(address) for address in sorted(used))
    return [function for function in found if isinstance(function, Function)]
