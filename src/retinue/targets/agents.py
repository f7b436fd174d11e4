"""The target ``agents``: an assistant is a saved agent under ``/agents``.

A saved agent knows no environment and no vaults: sessions get them. Both are bound to the assistant
in the state alone, and `session_of` puts the three together. The attributes are those of the
manifest, so that what nobody names is left alone also where the platform has it in one object with
what somebody does. Facts about the platform: the types of OpenAI's SDK 3.52.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from retinue.kinds.api import Object
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import Collection
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.metadata import (
    MARK,
    METADATA,
    marked_live,
    metadata_to_send,
    touches_metadata,
    whole,
)
from retinue.kinds.values import Values
from retinue.manifest.model import Assistant
from retinue.targets import agent_tools, compiling

_PLAIN_TEXT: Final = {"type": "text"}
_SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "reasoning": {"effort": "reasoning_effort", "summary": "reasoning_summary"},
    "text": {"format": "response_format", "verbosity": "verbosity"},
}
"""Objects of the platform that are several fields of the manifest; updates replace them whole."""

_BOUND: Final = ("environment", "vaults")
"""What sessions get, and the platform does not know of an agent."""


def _effort(live: Any, wanted: Any, applied: Any) -> Any:
    """Where none is asked for, the platform shows the one that the model has by itself."""
    return live if wanted is not None or applied is not None else None


def _subagents(value: Any) -> Any:
    """Without subagents, it says nothing how many of them there may be."""
    return value if (value or {}).get("enabled") else {"enabled": False}


def _compaction(value: Any) -> Any:
    return {"async": False, **(value or {})}


def _experiments(value: Any) -> Any:
    return {"time_awareness": False, **(value or {})}


AGENT = ResourceType(
    name="agents.assistant",
    kind="assistant",
    title="agent",
    attributes={
        "name": Attribute(),
        "model": Attribute(),
        "instructions": Attribute(),
        "tools": Attribute(default=[], normalise=agent_tools.bare, reduce=agent_tools.managed),
        "reasoning_effort": Attribute(reduce=_effort),
        "reasoning_summary": Attribute(),
        "response_format": Attribute(default=_PLAIN_TEXT, reduce=whole),
        "verbosity": Attribute(default="medium"),
        "service_tier": Attribute(default="auto"),
        "multi_agent": Attribute(default={"enabled": False}, normalise=_subagents),
        "compaction": Attribute(default={"async": False}, normalise=_compaction),
        "experimental": Attribute(default={"time_awareness": False}, normalise=_experiments),
        "environment": Attribute(write_only=True),
        "vaults": Attribute(default=[], write_only=True),
        "metadata": METADATA,
        MARKER: MARK,
    },
)


def compile_agent(assistant: Assistant, context: Context) -> Resource:
    """Turn a declared assistant into what the engine compares."""
    values: dict[str, Any] = dict(assistant.fields)
    if "response_format" in values:
        values["response_format"] = _format(values["response_format"])
    if assistant.tools is not None:
        values["tools"] = [agent_tools.compiled(tool) for tool in assistant.tools]
    if assistant.environment is not None:
        values["environment"] = leaf(assistant.environment)
    if assistant.vaults is not None:
        values["vaults"] = [leaf(vault) for vault in assistant.vaults]
    values[MARKER] = context.owner.mark(assistant.address)
    return resource_of(assistant, AGENT, values, uses=compiling.references(assistant))


def _format(written: Any) -> dict[str, Any]:
    """The form of the answers. Of a JSON Schema the platform keeps the schema, always strictly;
    its name, which other surfaces ask for, says nothing here."""
    if written == "auto" or written["type"] == "text":
        return dict(_PLAIN_TEXT)
    return {"type": "json_schema", "schema": written["json_schema"]["schema"]}


def session_of(values: Values, object_id: str) -> dict[str, Any]:
    """The keyword arguments for ``client.beta.agents.sessions.create``: agent, environment, vaults.

    Without an environment, the platform asks for ``input`` at once.
    """
    template, vaults = values.get("environment"), values.get("vaults")
    environment = (
        {"type": "openai_hosted", "environment_template_id": template}
        if template
        else {"type": "none"}
    )
    bound = {"vault_ids": list(vaults)} if vaults else {}
    return {"agent_id": object_id, "environment": environment, **bound}


class AgentAdapter(Collection):
    """Reads and writes ``/agents``."""

    type = AGENT
    path = "/agents"

    def live(self, item: Object) -> Live:
        sections = {
            name: (item.get(section) or {}).get(key)
            for section, parts in _SECTIONS.items()
            for key, name in parts.items()
        }
        shown = {n: item[n] for n in AGENT.attributes if n in item and n != "metadata"}
        return marked_live(item, {**shown, **{n: v for n, v in sections.items() if v is not None}})

    async def create(self, write: Write) -> Live:
        body = {**_body(write, {}), "metadata": metadata_to_send(write)}
        return self.live(await self._api.create(self.path, body))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        body = _body(write, live.values)
        if touches_metadata(write):
            body["metadata"] = metadata_to_send(write, live)
        if not body:
            return live
        return self.live(await self._api.change(f"{self.path}/{object_id}", body))


def _body(write: Write, present: Values) -> dict[str, Any]:
    """What to send: changed fields. What an update leaves out stays, what it sends replaces all."""
    apart = {MARKER, "metadata", *_BOUND, *(n for p in _SECTIONS.values() for n in p.values())}
    body: dict[str, Any] = {name: write.values[name] for name in write.changed - apart}
    for section, parts in _SECTIONS.items():
        if write.changed & set(parts.values()):
            body[section] = _section(parts, {**present, **write.values}) or None
    if "tools" in body:
        body["tools"] = [agent_tools.to_send(tool) for tool in body["tools"]]
    if "experimental" in body:
        gone = dict.fromkeys(write.applied.get("experimental") or (), False)
        body["experimental"] = {**gone, **body["experimental"]}
    return body


def _section(parts: Mapping[str, str], values: Values) -> dict[str, Any]:
    """An object as it shall be: what nobody names stays as it is, what says nothing is left out."""
    named = {key: values.get(name) for key, name in parts.items()}
    return {key: value for key, value in named.items() if value is not None}
