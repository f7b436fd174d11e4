"""A message as a request carries it, and its content as it is kept and read back.

Limits are those of OpenAI's API description of 2026-08-21.
"""

from __future__ import annotations

from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json

_LONGEST = 256_000

_DETAIL = checks.choice("auto", "low", "high")
_PART = checks.tagged(
    text=checks.record(
        required={"type": shapes.ALWAYS, "text": checks.text(shortest=1, longest=_LONGEST)}
    ),
    image_file=checks.record(
        required={
            "type": shapes.ALWAYS,
            "image_file": checks.record(required={"file_id": shapes.ID}, detail=_DETAIL),
        }
    ),
    image_url=checks.record(
        required={
            "type": shapes.ALWAYS,
            "image_url": checks.record(required={"url": shapes.ID}, detail=_DETAIL),
        }
    ),
)
_PARTS = checks.items(_PART, least=1, most=100)
_PLAIN = checks.text(shortest=1, longest=_LONGEST)
_FOR = checks.tagged(
    code_interpreter=checks.record(type=shapes.ALWAYS),
    file_search=checks.record(type=shapes.ALWAYS),
)
_ATTACHED = checks.record(
    required={"file_id": shapes.ID}, tools=checks.nullable(checks.items(_FOR, most=2), default=[])
)


def _content(value: object, param: str) -> list[Json]:
    if isinstance(value, list):
        parts: list[Json] = _PARTS(value, param)
        return [_stored(part) for part in parts]
    if not isinstance(value, str):
        raise refusals.wrong_type(param, "one of a string or array", value)
    return [_stored({"type": "text", "text": _PLAIN(value, param)})]


def _stored(part: Json) -> Json:
    if part["type"] == "text":
        return {"type": "text", "text": {"value": part["text"], "annotations": []}}
    key = part["type"]
    return {"type": key, key: {"detail": "auto"} | part[key]}


MESSAGE = checks.record(
    required={"role": checks.choice("user", "assistant"), "content": _content},
    attachments=checks.nullable(checks.items(_ATTACHED, most=100), default=[]),
    metadata=shapes.METADATA,
)
