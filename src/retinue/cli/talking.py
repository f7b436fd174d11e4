"""What ask, chat and test share: the options, the applied assistants, the open conversations."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from retinue.cli.options import Chosen
from retinue.cli.terminal import Terminal
from retinue.cli.tracing import trace_option, tracing

if TYPE_CHECKING:
    from retinue.address import Address
    from retinue.engine.entry import Snapshot
    from retinue.manifest.model import Manifest
    from retinue.manifest.model_checks import Check
    from retinue.project import Project
    from retinue.talk.calling import Desk, Person
    from retinue.talk.conversation import Conversation, Party, Role
    from retinue.talk.suite import Begin
    from retinue.talk.tracing import Tracer

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Talk:
    """``allowed``: functions whose handlers run unasked, or ``all``; ``approved``: MCP servers
    whose tools may be used unasked; ``trace``: whether ``--trace`` is there."""

    allowed: frozenset[str]
    approved: frozenset[str]
    trace: bool

    def project(self, chosen: Chosen) -> Opened:
        """Open the project, its manifests and its state.

        Raises:
            UsageError, ManifestError: there is none, or it has problems.
        """
        from retinue.operations.declared import declared
        from retinue.operations.session import state_of

        project = chosen.project()
        return Opened(project, declared(project), state_of(project).read(), self)


def talk_options(command: Command) -> Command:
    """Add ``--allow``, ``--approve`` and ``--trace``; the command gets them as ``talk``."""

    def talk(ctx: click.Context, param: click.Parameter, value: object) -> object:
        del param
        assert isinstance(value, tuple)
        approved = frozenset(ctx.params.pop("approve", ()))
        trace = bool(ctx.params.pop("trace", False))
        ctx.params["talk"] = Talk(frozenset(value), approved, trace)
        return None

    command = click.option(
        "--allow", metavar="NAME|all", multiple=True, expose_value=False, callback=talk,
        help="Run this function's handler, or all handlers, without asking. May be repeated.",
    )(command)  # fmt: skip
    command = click.option(
        "--approve", metavar="SERVER", multiple=True, is_eager=True,
        help="Let the tools of this MCP server be used without asking. May be repeated.",
    )(command)  # fmt: skip
    return trace_option(command)


def continue_option(command: Command) -> Command:
    """Add ``--continue``, which was called ``--thread`` when all conversations were threads."""
    return click.option(
        "--continue", "--thread", "thread", metavar="ID",
        help="Go on with an earlier conversation: a thread, conversation or session.",
    )(command)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A project, what it declares, and what was applied."""

    project: Project
    manifest: Manifest
    snapshot: Snapshot
    talk: Talk

    def tracing(self, command: str, terminal: Terminal) -> AbstractContextManager[Tracer]:
        """Trace ``command``, where the project or ``--trace`` wants it."""
        return tracing(self.project, command, terminal, asked=self.talk.trace)

    def party(self, name: str) -> Party:
        """The applied assistant called ``name``.

        Raises:
            UsageError: it is not there, or not applied.
        """
        from retinue.talk.sources import find_party

        return find_party(self.snapshot, frozenset(self.manifest.resources), name)

    def checks(self) -> Mapping[Address, tuple[Check, ...]]:
        """The declared checks, by assistant; those without any are left out."""
        from retinue.manifest.model import Assistant

        return {
            address: item.checks
            for address, item in self.manifest.resources.items()
            if isinstance(item, Assistant) and item.checks
        }

    def at_once(self, conversations: int) -> int:
        """How many of ``conversations`` may be held at a time. The stream of an answer is a request
        that lasts, and another one is needed to send and fetch what belongs to it."""
        most = self._most_requests
        # Where one request at a time is all, nothing is streamed.
        return conversations if most in (None, 1) else min(conversations, most - 1)

    @property
    def _most_requests(self) -> int | None:
        from retinue.operations.session import endpoint_of
        from retinue.platform.endpoints import Remote

        endpoint = endpoint_of(self.project)
        return endpoint.max_parallel if isinstance(endpoint, Remote) else None

    @contextlib.asynccontextmanager
    async def platform(
        self, person: Person, parties: Sequence[Address], tracer: Tracer, *, parallelism: int
    ) -> AsyncIterator[Begin]:
        """Connect; yields what begins conversations with ``parties``, whose functions are bound."""
        from retinue.operations.session import endpoint_of
        from retinue.platform.connect import connect
        from retinue.talk.calling import check_allowed, check_approved
        from retinue.talk.opening import open_conversation
        from retinue.talk.polling import Polling
        from retinue.talk.sources import Sources
        from retinue.talk.terms import Terms
        from retinue.talk.tracing import TracedConversation, observe

        check_allowed(self.manifest, parties, self.talk.allowed)
        check_approved(self.manifest, parties, self.talk.approved)
        endpoint, watch = endpoint_of(self.project), partial(observe, tracer)
        async with connect(endpoint, parallelism=parallelism, observe=watch) as wire:
            streams = Polling(wire) if self._most_requests == 1 else wire

            def begin(
                party: Party,
                *,
                role: Role | None = None,
                thread: str | None = None,
                keep: bool = False,
            ) -> Conversation:
                terms = Terms(
                    wire=wire,
                    streams=streams,
                    party=party,
                    sources=Sources(self.snapshot, wire),
                    respond=self._desk(party, person, tracer),
                    role=role,
                    thread=thread,
                    keep=keep,
                )
                return TracedConversation(open_conversation(terms), tracer)

            yield begin

    def _desk(self, party: Party, person: Person, tracer: Tracer) -> Desk:
        """Who answers what ``party`` calls."""
        from retinue.talk.calling import Desk, bind, servers
        from retinue.talk.tracing import TracedCalls

        handlers = bind(self.manifest, party.address, self.talk.allowed)
        approved = servers(self.manifest, party.address, self.talk.approved)
        return Desk(handlers, self.project.root, person, TracedCalls(tracer), approved)

    @contextlib.asynccontextmanager
    async def conversation(
        self, party: Party, person: Person, tracer: Tracer, *, thread: str | None, keep: bool
    ) -> AsyncIterator[Conversation]:
        """One conversation; what is under way at the end is cancelled."""
        async with self.platform(person, [party.address], tracer, parallelism=4) as begin:
            conversation = begin(party, thread=thread, keep=keep)
            try:
                yield conversation
            finally:
                await conversation.close(forget=False)
