"""Begins a conversation with an assistant, on whichever target it was applied to."""

from __future__ import annotations

from retinue.engine.entry import Snapshot
from retinue.talk.conversation import Conversation, Party, Responder, Role, Wire
from retinue.talk.responses import ResponseConversation
from retinue.talk.sessions import SessionConversation
from retinue.talk.sources import Sources
from retinue.talk.threads import ThreadConversation
from retinue.targets.agents import AGENT
from retinue.targets.responses import RESPONSE


def open_conversation(
    wire: Wire,
    snapshot: Snapshot,
    party: Party,
    respond: Responder,
    *,
    thread: str | None = None,
    keep: bool = False,
    role: Role | None = None,
) -> Conversation:
    """Talk to ``party``, or to what it is in another ``role``; ``thread`` is the ID of the earlier
    conversation that goes on."""
    if party.type == AGENT.name:
        return SessionConversation(wire, party, respond, thread=thread, role=role)
    kind = ResponseConversation if party.type == RESPONSE.name else ThreadConversation
    sources = Sources(snapshot, wire)
    return kind(wire, party, sources, respond, thread=thread, keep=keep, role=role)
