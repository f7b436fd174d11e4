"""Begins a conversation with an assistant, on whichever target it was applied to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.engine.entry import Snapshot
from retinue.errors import UsageError
from retinue.talk.conversation import Conversation, Party, Responder, Wire
from retinue.talk.sources import Sources
from retinue.talk.threads import ThreadConversation
from retinue.targets.assistants import ASSISTANT


def open_conversation(
    wire: Wire,
    snapshot: Snapshot,
    party: Party,
    respond: Responder,
    *,
    thread: str | None = None,
    keep: bool = False,
    overrides: Mapping[str, Any] | None = None,
) -> Conversation:
    """Talk to ``party``; ``thread`` goes on with an earlier conversation. ``overrides`` are
    settings of every run that take the place of the assistant's own.

    Raises:
        UsageError: this version can't talk to assistants on its target.
    """
    if party.type != ASSISTANT.name:
        raise UsageError(
            f"{party.address} is a {party.type}: ask, chat and test can't talk to those yet",
            hint="apply it with target: assistants to talk to it",
        )
    sources = Sources(snapshot, wire)
    return ThreadConversation(
        wire, party, sources, respond, thread=thread, keep=keep, overrides=overrides or {}
    )
