"""The settings of an agent: checks, defaults, and what an update keeps or replaces.

A configuration is always kept resolved: the checks give back every object complete, so that
updating is replacing whole fields. Only ``experimental`` is merged by key. The model's name is
kept as it was sent. A reasoning effort that nobody set stays null: what a model's own default is
the platform doesn't know. Source: the types of OpenAI's SDK 3.52.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.local import checks, settings, shapes
from retinue.local.agents import tools
from retinue.local.calls import Json

MODEL = checks.text(shortest=1)
TIER = checks.nullable(
    checks.choice("auto", "default", "flex", "priority", "fast", "ultrafast"), default="auto"
)
_MOST_SUBAGENTS = 1_000_000
_USUAL_SUBAGENTS = 6

_NO_REASONING: Json = {"effort": None, "summary": None}
_PLAIN_TEXT: Json = {"format": {"type": "text"}, "verbosity": "medium"}
_ALONE: Json = {"enabled": False, "max_concurrent_subagents": None}
_BLOCKING: Json = {"async": False}

_REASONING = checks.record(
    effort=settings.REASONING_EFFORT,
    summary=checks.nullable(checks.choice("concise", "detailed", "auto")),
)
_FORMAT = checks.tagged(
    text=checks.record(type=shapes.ALWAYS),
    json_schema=checks.record(required={"type": shapes.ALWAYS, "schema": checks.any_object}),
)
_TEXT = checks.record(
    format=checks.nullable(_FORMAT, default={"type": "text"}),
    verbosity=checks.nullable(checks.choice("low", "medium", "high"), default="medium"),
)
_COMPACTION = checks.record({"async": checks.nullable(checks.flag, default=False)})
_MULTI_AGENT = checks.record(
    required={"enabled": checks.flag},
    max_concurrent_subagents=checks.integer(least=1, most=_MOST_SUBAGENTS),
)


def _multi_agent(value: object, param: str) -> Json:
    given: Json = _MULTI_AGENT(value, param)
    if not given["enabled"]:
        return dict(_ALONE)
    return {"max_concurrent_subagents": _USUAL_SUBAGENTS} | given


FIELDS: Mapping[str, checks.Check] = {
    "instructions": checks.nullable(checks.text(longest=1_048_576)),
    "reasoning": checks.nullable(checks.filled(_REASONING, _NO_REASONING), default=_NO_REASONING),
    "text": checks.nullable(checks.filled(_TEXT, _PLAIN_TEXT), default=_PLAIN_TEXT),
    "service_tier": TIER,
    "multi_agent": checks.nullable(_multi_agent, default=_ALONE),
    "compaction": checks.nullable(checks.filled(_COMPACTION, _BLOCKING), default=_BLOCKING),
    "experimental": checks.record(time_awareness=checks.flag),
}
"""What saved agents, sessions and automations have alike; model and tools come beside."""

INLINE = checks.record(FIELDS, model=MODEL, tools=tools.OF_SESSION)
"""An agent as a session or an automation describes it, or overrides a saved one."""

DEFAULTS: Mapping[str, Any] = {
    "instructions": None,
    "tools": [],
    "reasoning": _NO_REASONING,
    "text": _PLAIN_TEXT,
    "service_tier": "auto",
    "multi_agent": _ALONE,
    "compaction": _BLOCKING,
    "experimental": {"time_awareness": False},
}
"""The configuration of an agent of which only the model is given."""


def merged(base: Mapping[str, Any], sent: Json) -> Json:
    """``base`` changed by a checked request: fields replace, ``experimental`` merges by key."""
    fields = {**base, **sent}
    if "experimental" in sent:
        fields["experimental"] = base["experimental"] | sent["experimental"]
    return fields
