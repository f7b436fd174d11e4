"""What a request for a response may say, with its limits and defaults.

Limits are those of OpenAI's API description of 2026-08-21. Tools that need another service (web
search, MCP, images, computers) are refused: nothing is left out silently.
"""

from __future__ import annotations

from retinue.local import checks, refusals, settings, shapes
from retinue.local.calls import Json
from retinue.local.responses import items
from retinue.local.search import filters

INCLUDE = (
    "file_search_call.results",
    "code_interpreter_call.outputs",
    "message.input_image.image_url",
    "message.output_text.logprobs",
    "reasoning.encrypted_content",
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
)
"""What may be asked for; the first two are the ones that exist here."""

_ANYTHING = checks.nullable(lambda value, _: value)
_RANKING = checks.record(
    ranker=checks.text(),
    score_threshold=checks.decimal(least=0, most=1),
    hybrid_search=_ANYTHING,
)
_CONTAINER = checks.record(
    required={"type": checks.choice("auto")},
    file_ids=checks.nullable(checks.items(shapes.ID, most=50), default=[]),
    memory_limit=_ANYTHING,
    network_policy=_ANYTHING,
)


def _container(value: object, param: str) -> Json:
    if isinstance(value, str):
        reason = "containers of one's own don't exist here; use {'type': 'auto'}."
        raise refusals.invalid(param, reason)
    checked: Json = {"file_ids": []} | _CONTAINER(value, param)
    return checked


_TOOL = checks.tagged(
    function=checks.record(
        required={"type": shapes.ALWAYS, "name": checks.text(pattern="^[a-zA-Z0-9_-]{1,128}$")},
        description=checks.nullable(checks.text()),
        parameters=checks.nullable(checks.any_object),
        strict=checks.nullable(checks.flag),
        output_schema=_ANYTHING,
    ),
    file_search=checks.record(
        required={
            "type": shapes.ALWAYS,
            "vector_store_ids": checks.items(shapes.ID, most=10, least=1),
        },
        max_num_results=checks.nullable(checks.integer(least=1, most=50)),
        filters=checks.nullable(filters.check),
        ranking_options=checks.nullable(_RANKING),
    ),
    code_interpreter=checks.record(required={"type": shapes.ALWAYS, "container": _container}),
)
_NAMED = checks.tagged(
    function=checks.record(required={"type": shapes.ALWAYS, "name": checks.text()}),
    file_search=checks.record(type=shapes.ALWAYS),
    code_interpreter=checks.record(type=shapes.ALWAYS),
)


def _tool_choice(value: object, param: str) -> object:
    if isinstance(value, str):
        return checks.choice("none", "auto", "required")(value, param)
    return _NAMED(value, param)


_FORMAT = checks.tagged(
    text=checks.record(type=shapes.ALWAYS),
    json_object=checks.record(type=shapes.ALWAYS),
    json_schema=checks.record(
        required={
            "type": shapes.ALWAYS,
            "name": shapes.FUNCTION_NAME,
            "schema": checks.any_object,
        },
        description=checks.text(),
        strict=checks.nullable(checks.flag, default=False),
    ),
)
_TEXT = checks.record(
    format=_FORMAT, verbosity=checks.nullable(checks.choice("low", "medium", "high"))
)
_REASONING = checks.record(
    effort=settings.REASONING_EFFORT,
    summary=_ANYTHING,
    generate_summary=_ANYTHING,
    context=_ANYTHING,
    mode=_ANYTHING,
)


def _conversation(value: object, param: str) -> str:
    if isinstance(value, dict):
        fields = checks.record(required={"id": shapes.ID})(value, param)
        return str(fields["id"])
    return str(shapes.ID(value, param))


def _absent(value: object, param: str) -> None:
    if value is not None:
        raise refusals.invalid(param, "this is not available on the embedded platform.")


CREATE = checks.record(
    required={"model": checks.text(shortest=1)},
    input=checks.nullable(items.received, default=[]),
    instructions=checks.nullable(checks.text()),
    tools=checks.nullable(checks.items(_TOOL, most=128), default=[]),
    tool_choice=checks.nullable(_tool_choice, default="auto"),
    parallel_tool_calls=checks.nullable(checks.flag, default=True),
    max_tool_calls=checks.nullable(checks.integer(least=1, most=1_000_000)),
    max_output_tokens=checks.nullable(checks.integer(least=16, most=10_000_000)),
    temperature=checks.nullable(checks.decimal(least=0, most=2), default=1.0),
    top_p=checks.nullable(checks.decimal(least=0, most=1), default=1.0),
    text=checks.nullable(_TEXT, default={}),
    reasoning=checks.nullable(_REASONING, default={}),
    previous_response_id=checks.nullable(shapes.ID),
    conversation=checks.nullable(_conversation),
    store=checks.nullable(checks.flag, default=True),
    stream=checks.nullable(checks.flag, default=False),
    stream_options=_ANYTHING,
    background=checks.nullable(checks.flag, default=False),
    include=checks.nullable(checks.items(checks.choice(*INCLUDE), most=20), default=[]),
    metadata=shapes.METADATA,
    truncation=checks.nullable(checks.choice("auto", "disabled"), default="disabled"),
    user=checks.nullable(checks.text()),
    safety_identifier=checks.nullable(checks.text(longest=64)),
    prompt_cache_key=checks.nullable(checks.text()),
    prompt_cache_retention=_ANYTHING,
    service_tier=_ANYTHING,
    top_logprobs=checks.nullable(checks.integer(least=0, most=20)),
    prompt=_absent,
    context_management=_absent,
    moderation=_absent,
)
DEFAULTS: Json = CREATE(
    {
        **dict.fromkeys(
            (
                *("input", "instructions", "tools", "tool_choice", "parallel_tool_calls"),
                *("max_tool_calls", "max_output_tokens", "temperature", "top_p", "text"),
                *("reasoning", "previous_response_id", "conversation", "store", "stream"),
                *("background", "include", "metadata", "truncation"),
            )
        ),
        "model": "-",
    },
    "",
)
"""What a request that names only a model asks for."""
