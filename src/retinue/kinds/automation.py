"""Automations: sessions of an agent that start by themselves, on a schedule.

The platform ends and pauses them, too: one that is completed wants nothing done, and one that
paused itself after a failure is drift only where the manifest says whether it shall be paused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from retinue.errors import Rejected
from retinue.kinds.api import Object
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import Collection
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.forms import said
from retinue.kinds.metadata import (
    MARK,
    METADATA,
    marked_live,
    metadata_to_send,
    touches_metadata,
    whole,
)
from retinue.manifest.model import Automation, Reference

_SCHEDULE = ("type", "expression", "timezone", "run_at")
_TARGET = ("assistant", "prompt", "environment", "vaults", "session_metadata")
"""What is sent as one: the platform replaces the target whole."""


def _unless_over(live: Any, wanted: Any, applied: Any) -> Any:
    """What is over (None) is paused as much as anybody wants."""
    del applied
    return wanted if live is None else live


AUTOMATION = ResourceType(
    name="automation",
    kind="automation",
    title="automation",
    attributes={
        "name": Attribute(),
        "type": Attribute(immutable=True),
        **{name: Attribute() for name in _SCHEDULE[1:]},
        "assistant": Attribute(),
        "prompt": Attribute(),
        "environment": Attribute(default=None, reduce=whole),
        "vaults": Attribute(default=[]),
        "session_metadata": Attribute(default={}, reduce=whole),
        "paused": Attribute(default=False, after_create=True, reduce=_unless_over),
        "metadata": METADATA,
        MARKER: MARK,
    },
)

_PARTS = {"schedule": _SCHEDULE}


def compile_automation(automation: Automation, context: Context) -> Resource:
    """Turn a declared automation into what the engine compares."""
    values: dict[str, Any] = {
        **automation.fields,
        **automation.schedule,
        "assistant": leaf(automation.assistant),
        "prompt": automation.prompt,
        MARKER: context.owner.mark(automation.address),
    }
    if automation.environment is not None:
        values["environment"] = leaf(automation.environment)
    if automation.vaults is not None:
        values["vaults"] = [leaf(vault) for vault in automation.vaults]
    if automation.session_metadata is not None:
        values["session_metadata"] = dict(automation.session_metadata)
    if automation.paused is not None:
        values["paused"] = automation.paused
    return resource_of(automation, AUTOMATION, values, uses=_uses(automation), parts=_PARTS)


def _uses(automation: Automation) -> Iterable[Reference]:
    yield automation.assistant
    if automation.environment is not None:
        yield automation.environment
    yield from automation.vaults or ()


class AutomationAdapter(Collection):
    """Reads and writes ``/agents/automations``."""

    type = AUTOMATION
    path = "/agents/automations"

    def live(self, item: Object) -> Live:
        target = item.get("target") or {}
        values = {
            "name": item.get("name"),
            **{name: item[name] for name in _SCHEDULE if name in item},
            "assistant": target.get("agent_id"),
            "prompt": _prompt(target),
            "environment": _environment(target),
            "vaults": list(target.get("vault_ids") or ()),
            "session_metadata": dict(target.get("metadata") or {}),
            "paused": None if item.get("status") == "completed" else item.get("status") == "paused",
        }
        return marked_live(item, values)

    async def create(self, write: Write) -> Live:
        body = {**_own(write), "target": _target(write.values), "metadata": metadata_to_send(write)}
        return self.live(await self._api.create(self.path, body))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        """Nothing runs half changed: a pause comes first, and to go on comes last."""
        path = f"{self.path}/{object_id}"
        live = await self._switch(path, write, live, pause=True)
        body = _changes(write, live)
        if body:
            live = self.live(await self._api.change(path, body))
        return await self._switch(path, write, live, pause=False)

    async def _switch(self, path: str, write: Write, live: Live, *, pause: bool) -> Live:
        wanted = "paused" in write.changed and bool(write.values.get("paused")) is pause
        if not wanted or live.values["paused"] in (pause, None):  # None: it is over
            return live
        return self.live(await self._api.change(f"{path}/{'pause' if pause else 'resume'}", {}))


def _own(write: Write) -> dict[str, Any]:
    """Name and schedule, as far as they are written; a schedule has no nulls."""
    names = ("name", *_SCHEDULE)
    return {n: write.values[n] for n in names if n in write.changed and write.values[n] is not None}


def _changes(write: Write, live: Live) -> dict[str, Any]:
    """The body of an update.

    Raises:
        Rejected: what ran once is to run again.
    """
    body = _own(write)
    if "run_at" in body and live.raw.get("status") == "completed":
        raise Rejected(
            f"{write.address}: it has run already, and the platform runs it only once",
            hint="give it another name in the manifest, which makes it a new automation",
        )
    if write.changed.intersection(_TARGET):
        body["target"] = _target({**live.values, **write.values})
    if touches_metadata(write):
        body["metadata"] = metadata_to_send(write, live)
    return body


# --- The target, as manifests say it and as the platform does -------------------------------------


def _prompt(target: Mapping[str, Any]) -> Any:
    """The one text that is sent, or whatever else somebody put there."""
    match target.get("input"):
        case [{"content": [{"type": "input_text", "text": str() as text}]}]:
            return text
        case other:
            return other


def _environment(target: Mapping[str, Any]) -> Any:
    """The ID of a template, None for no environment, or whatever else somebody put there."""
    match said(target.get("environment")):
        case {"type": "openai_hosted", "environment_template_id": template, **rest} if not rest:
            return template
        case {"type": "none"}:
            return None
        case other:
            return other or None


def _target(values: Mapping[str, Any]) -> dict[str, Any]:
    prompt, environment = values["prompt"], values.get("environment")
    return {
        "type": "new_session",
        "agent_id": values["assistant"],
        "input": _message(prompt) if isinstance(prompt, str) else prompt,
        "environment": environment if isinstance(environment, Mapping) else _hosted(environment),
        "vault_ids": values.get("vaults") or [],
        "metadata": values.get("session_metadata") or {},
    }


def _message(text: str) -> list[dict[str, Any]]:
    content = [{"type": "input_text", "text": text}]
    return [{"type": "message", "role": "user", "content": content}]


def _hosted(template: str | None) -> dict[str, Any]:
    if template is None:
        return {"type": "none"}
    return {"type": "openai_hosted", "environment_template_id": template}
