"""What requests about sessions may say, with limits. Source: the types of OpenAI's SDK 3.52."""

from __future__ import annotations

from retinue.local import checks, refusals, settings, shapes
from retinue.local.agents import config, tools
from retinue.local.calls import Json
from retinue.local.sessions import environments

_LONGEST = 10_485_760
_TEXT = checks.text(longest=_LONGEST)
_PART = checks.tagged(
    input_text=checks.record(required={"type": shapes.ALWAYS, "text": _TEXT}),
    input_image=checks.record(
        required={
            "type": shapes.ALWAYS,
            "image_url": checks.text(shortest=1, longest=20_971_520),
        }
    ),
)
_PARTS = checks.items(_PART, least=1, most=1000)
_MESSAGE = checks.record(
    required={"role": checks.choice("user"), "content": _PARTS}, type=checks.choice("message")
)
MESSAGES = checks.items(_MESSAGE, least=1, most=1000)
"""User messages. Content is text and images."""


def said(text: str) -> list[Json]:
    """User messages that say ``text``."""
    return [{"role": "user", "content": [{"type": "input_text", "text": text}]}]


def _input(value: object, param: str) -> list[Json]:
    if isinstance(value, str):
        return said(checks.text(shortest=1, longest=_LONGEST)(value, param))
    if not isinstance(value, list):
        raise refusals.wrong_type(param, "one of a string or array", value)
    messages: list[Json] = MESSAGES(value, param)
    return messages


def _output(value: object, param: str) -> object:
    if isinstance(value, str):
        return _TEXT(value, param)
    if not isinstance(value, list):
        raise refusals.wrong_type(param, "one of a string or array", value)
    return checks.items(_PART, most=1000)(value, param)


def _limit(value: object, param: str) -> int | None:
    """A spending limit in cents; null stands for none."""
    given = _SPENDING(value, param)
    limit: int | None = given["limit"]
    return limit


_SPENDING = checks.record(required={"limit": checks.nullable(checks.integer(least=1, most=10**12))})
_SESSION: dict[str, checks.Check] = {
    "metadata": shapes.METADATA,
    "prompt_cache_options": checks.nullable(
        checks.filled(checks.record(ttl=checks.choice("30m", "12h")), {"ttl": "30m"})
    ),
    "review": checks.choice("none", "auto_review"),
    "spend_control": checks.nullable(_limit),
}
VAULTS = checks.nullable(checks.items(shapes.ID, most=10), default=[])
CREATE = checks.record(
    _SESSION,
    required={"environment": environments.CHECK},
    agent=config.INLINE,
    agent_id=shapes.ID,
    input=checks.nullable(_input),
    stream=checks.nullable(checks.flag, default=False),
    stream_options=checks.record(include_obfuscation=checks.flag),
    vault_ids=VAULTS,
)
UPDATE = checks.record(
    _SESSION,
    agent=checks.record(
        model=config.MODEL,
        reasoning=checks.record(effort=settings.REASONING_EFFORT),
        service_tier=config.TIER,
        tools=tools.OF_SESSION,
    ),
)

_EVENT = checks.tagged(
    **{
        "agent.session.input.message": checks.record(
            required={"type": shapes.ALWAYS, "input": MESSAGES}
        ),
        "agent.session.input.tool_result": checks.record(
            required={
                "type": shapes.ALWAYS,
                "turn_id": shapes.ID,
                "call_id": shapes.ID,
                "success": checks.flag,
            },
            output=checks.nullable(_output),
            error=checks.nullable(_TEXT),
        ),
        "agent.session.input.cancel": checks.record(type=shapes.ALWAYS),
        "agent.session.input.mcp_approval_request_result": checks.any_object,
        "agent.session.input.computer_use_approval_request_result": checks.any_object,
    }
)
EVENTS = checks.record(required={"events": checks.items(_EVENT, least=1, most=100)})


def check_together(sent: Json) -> None:
    """What a request for a session has to say depends on its environment and on streaming."""
    stream, kind = sent.get("stream", False), sent["environment"]["type"]
    needs_input = kind == "none" or (stream and kind != "self_hosted")
    if needs_input and not sent.get("input"):
        raise refusals.missing("input")
    if "stream_options" in sent and not stream:
        raise refusals.invalid("stream_options", "only allowed when 'stream' is true.")
    if "agent_id" not in sent and "model" not in sent.get("agent", {}):
        raise refusals.missing("agent.model" if "agent" in sent else "agent_id")
