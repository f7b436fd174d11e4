"""Begins a conversation with an assistant, on whichever target it was applied to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from retinue.talk.conversation import Conversation
from retinue.talk.responses import ResponseConversation
from retinue.talk.sessions import SessionConversation
from retinue.talk.terms import Terms
from retinue.talk.threads import ThreadConversation
from retinue.talk.understanding import Understood

_KINDS: Final[Mapping[str, Callable[[Terms], Conversation]]] = {
    "assistants": ThreadConversation,
    "responses": ResponseConversation,
    "agents": SessionConversation,
}


def open_conversation(terms: Terms) -> Conversation:
    """A conversation on these terms; nothing is sent before the first question."""
    return Understood(_KINDS[terms.party.target](terms))
