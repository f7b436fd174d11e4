"""Literal IDs of platform objects: those that are certainly of another kind than a slot takes.

Only prefixes count that OpenAI has had for one kind alone, for years, and ``agt_`` of its pages on
agents. Of all other IDs nothing is said: what newer kinds have is not documented, and compatible
servers have their own.
"""

from __future__ import annotations

from typing import Final

_AGENT: Final = "an agent"
_TAKES: Final = {
    "assistant": _AGENT,
    "credential": "a credential",
    "environment": "an environment template",
    "file": "a file",
    "skill": "a skill",
    "vault": "a vault",
    "vector_store": "a vector store",
}
"""What a slot for a kind takes. Of all that refers, only automations name assistants: agents."""

_GIVEN: Final = {
    "agt_": _AGENT,
    "asst_": "an assistant of the Assistants API",
    "conv_": "a conversation",
    "file-": "a file",
    "msg_": "a message",
    "resp_": "a response",
    "run_": "a run",
    "thread_": "a thread",
    "vs_": "a vector store",
}


def mistaken(kind: str, object_id: str) -> tuple[str, str] | None:
    """Return what the object of an ID is, and what a slot for ``kind`` takes instead of it.

    None where the ID may be right.
    """
    given = next((_GIVEN[start] for start in _GIVEN if object_id.startswith(start)), None)
    taken = _TAKES[kind]
    return None if given in (None, taken) else (str(given), taken)
