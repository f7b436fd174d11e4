"""Building automations: schedules read, and only what can be scheduled."""

from __future__ import annotations

from typing import Any, Final

from retinue.address import Address
from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.instructions import compose_text
from retinue.manifest.model import Assistant, Automation, Reference
from retinue.manifest.references import refer_to, resolved_list
from retinue.manifest.schedule import read_schedule

_FIELDS: Final = ("name", "metadata")


def build_automations(context: Context) -> None:
    """Add every declared automation; comes after the assistants."""
    for owner in context.of_kind("automation"):
        assistant = refer_to(context, owner, "assistant", "assistant")
        if assistant is not None:
            _check_target(context, owner, assistant)
        schedule = read_schedule(context, owner)
        rest = {**_of_agent(context, assistant), **_rest(context, owner)}
        if assistant is not None and schedule is not None and "prompt" in rest:
            context.resources[owner.address] = Automation(
                address=owner.address,
                fields={"name": owner.address.name, **owner.pick(_FIELDS)},
                schedule=schedule,
                assistant=assistant,
                lifecycle=lifecycle(owner.value),
                places=owner.places,
                **rest,
            )


def _rest(context: Context, owner: Declaration) -> dict[str, Any]:
    """Read what a flawed automation has, too: all problems at once."""
    rest: dict[str, Any] = owner.pick(("session_metadata", "paused"))
    if "prompt" in owner.value:
        rest["prompt"] = compose_text(context, owner, "prompt")
    if "environment" in owner.value:
        rest["environment"] = refer_to(context, owner, "environment", "environment")
    if "vaults" in owner.value:
        rest["vaults"] = resolved_list(context, owner, "vault", "vaults")
    return rest


def _of_agent(context: Context, assistant: Reference | None) -> dict[str, Any]:
    """What its sessions get like all others of the agent, where the automation names nothing."""
    known = context.resources.get(assistant) if isinstance(assistant, Address) else None
    if not isinstance(known, Assistant):
        return {}
    return {"environment": known.environment, "vaults": known.vaults}


def _check_target(context: Context, owner: Declaration, assistant: Reference) -> None:
    known = context.resources.get(assistant) if isinstance(assistant, Address) else None
    if isinstance(known, Assistant) and known.target != "agents":
        context.report(
            "TARGET",
            owner.places.at("assistant"),
            f"{assistant} is on the target {known.target}; automations start agents",
            "remove the automation, or leave the assistant on agents: "
            "target: agents, in the assistant or in retinue.yaml",
        )
