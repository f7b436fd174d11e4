"""Every target by name: how an assistant is compiled for it, and what reads and writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from retinue.kinds.api import Api
from retinue.kinds.base import Adapter, Resource
from retinue.kinds.desired import Context
from retinue.manifest.model import Assistant
from retinue.targets.agents import AgentAdapter, compile_agent
from retinue.targets.assistants import AssistantAdapter, compile_assistant
from retinue.targets.responses import ResponseAdapter, compile_response

COMPILERS: Final[Mapping[str, Callable[[Assistant, Context], Resource]]] = {
    "assistants": compile_assistant,
    "responses": compile_response,
    "agents": compile_agent,
}

ADAPTERS: Final[tuple[Callable[[Api], Adapter], ...]] = (
    AssistantAdapter,
    ResponseAdapter,
    AgentAdapter,
)
