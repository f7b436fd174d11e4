"""What requests about automations may say. Source: the types of OpenAI's SDK 3.52."""

from __future__ import annotations

from collections.abc import Mapping

from retinue.local import checks, refusals, shapes
from retinue.local.agents import config
from retinue.local.automations import schedules
from retinue.local.calls import Json
from retinue.local.sessions import environments
from retinue.local.sessions.fields import MESSAGES, VAULTS

_LATEST = 2**53

_NEW_SESSION = checks.record(
    required={"type": shapes.ALWAYS, "environment": environments.CHECK, "input": MESSAGES},
    agent=config.INLINE,
    agent_id=shapes.ID,
    metadata=shapes.METADATA,
    vault_ids=VAULTS,
)


def _new_session(value: object, param: str) -> Json:
    given: Json = _NEW_SESSION(value, param)
    if ("agent" in given) == ("agent_id" in given):
        reason = "exactly one of 'agent' and 'agent_id' has to be given."
        raise refusals.invalid(f"{param}.agent_id", reason)
    if "agent" in given:
        if "model" not in given["agent"]:
            raise refusals.missing(f"{param}.agent.model")
        given["agent"] = config.merged(config.DEFAULTS, given["agent"])
    return {"metadata": {}, "vault_ids": []} | given


_TARGET = checks.tagged(
    new_session=_new_session,
    existing_session=checks.record(
        required={
            "type": shapes.ALWAYS,
            "session_id": shapes.ID,
            "instructions": checks.text(shortest=1, longest=1_048_576),
        }
    ),
)
_COMMON: Mapping[str, checks.Check] = {
    "name": checks.text(shortest=1, longest=256),
    "target": _TARGET,
}
_PERIODIC: Mapping[str, checks.Check] = {
    "expression": schedules.expression,
    "timezone": schedules.timezone,
}
_ONCE: Mapping[str, checks.Check] = {"run_at": checks.integer(least=0, most=_LATEST)}
SCHEDULE = frozenset({*_PERIODIC, *_ONCE})
_TYPE = {"type": shapes.ALWAYS}

CREATE = checks.tagged(
    periodic=checks.record(required={**_TYPE, **_COMMON, **_PERIODIC}, metadata=shapes.METADATA),
    once=checks.record(required={**_TYPE, **_COMMON, **_ONCE}, metadata=shapes.METADATA),
)
_UPDATE = checks.record({**_COMMON, **_PERIODIC, **_ONCE}, metadata=shapes.METADATA)
_FOREIGN = {"periodic": tuple(_ONCE), "once": tuple(_PERIODIC)}


def update(body: Json, automation: Json) -> Json:
    """A checked update of ``automation``, which keeps its type and the type of its target."""
    sent: Json = _UPDATE(body, "")
    for key in _FOREIGN[automation["type"]]:
        if key in sent:
            reason = f"this is not accepted for an automation of type '{automation['type']}'."
            raise refusals.invalid(key, reason)
    kind = automation["target"]["type"]
    if "target" in sent and sent["target"]["type"] != kind:
        raise refusals.invalid("target.type", f"the target stays a target of type '{kind}'.")
    return sent


def check_time(sent: Json, now: int) -> None:
    """What runs once runs in the future."""
    if "run_at" in sent and sent["run_at"] <= now:
        raise refusals.invalid("run_at", "the time has to lie in the future.")
