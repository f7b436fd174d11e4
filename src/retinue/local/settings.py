"""Settings of a model as requests carry them, shared by everything that has a model.

Only checks. Limits are those of OpenAI's API description of 2026-08-21.
"""

from __future__ import annotations

from retinue.local import checks, refusals, shapes

REASONING_EFFORT = checks.nullable(
    checks.choice("none", "minimal", "low", "medium", "high", "xhigh", "max")
)


def response_format(value: object, param: str) -> object:
    """A response format: "auto" or one of the typed objects."""
    if isinstance(value, str):
        return checks.choice("auto")(value, param)
    if not isinstance(value, dict):
        raise refusals.wrong_type(param, "one of a string or object", value)
    return _FORMAT(value, param)


_FORMAT = checks.tagged(
    text=checks.record(type=shapes.ALWAYS),
    json_object=checks.record(type=shapes.ALWAYS),
    json_schema=checks.record(
        required={
            "type": shapes.ALWAYS,
            "json_schema": checks.record(
                required={"name": shapes.FUNCTION_NAME},
                description=checks.text(),
                schema=checks.any_object,
                strict=checks.nullable(checks.flag, default=False),
            ),
        }
    ),
)
