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


_WEIGHT = checks.decimal(least=0, most=1_000_000)
_RANKING = checks.record(
    ranker=checks.text(),
    score_threshold=checks.decimal(least=0, most=1),
    hybrid_search=checks.nullable(
        checks.record(required={"embedding_weight": _WEIGHT, "text_weight": _WEIGHT})
    ),
)
_CONTAINER = checks.record(
    required={"type": checks.choice("auto")},
    file_ids=checks.nullable(checks.items(shapes.ID, most=50), default=[]),
    memory_limit=checks.nullable(checks.choice("1g", "4g", "16g", "64g")),
    network_policy=checks.nullable(checks.tagged(disabled=checks.record(type=shapes.ALWAYS))),
)
_CALLERS = checks.nullable(checks.items(checks.choice("direct"), most=1, least=1))
"""Who may call a tool: the model alone. Programs that call tools don't run here."""


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
        output_schema=checks.nullable(checks.any_object),
        allowed_callers=_CALLERS,
        defer_loading=checks.nullable(checks.flag),
        **{"async": items.absent},
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
    code_interpreter=checks.record(
        required={"type": shapes.ALWAYS, "container": _container}, allowed_callers=_CALLERS
    ),
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
_SUMMARY = checks.nullable(checks.choice("auto", "concise", "detailed"))
_REASONING = checks.record(
    effort=settings.REASONING_EFFORT,
    summary=_SUMMARY,
    generate_summary=_SUMMARY,
    context=checks.nullable(checks.choice("auto", "current_turn", "all_turns")),
    mode=checks.nullable(checks.text(shortest=1)),
)

_TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_CACHE = checks.record(
    mode=checks.choice("implicit", "explicit"),
    ttl=checks.choice("30m", "12h"),
    comparison_response_id=items.absent,
    prewarm=items.absent,
)


def _cache(value: object, param: str) -> Json:
    """Where prompts are cached and for how long; nothing here is."""
    given: Json = _CACHE(value, param)
    said = {key: each for key, each in given.items() if each is not None}
    return {"mode": "implicit", "ttl": "30m"} | said


def _conversation(value: object, param: str) -> str:
    if isinstance(value, dict):
        fields = checks.record(required={"id": shapes.ID})(value, param)
        return str(fields["id"])
    return str(shapes.ID(value, param))


_ASKED: dict[str, checks.Check] = {
    "input": checks.nullable(items.received, default=[]),
    "instructions": checks.nullable(checks.text()),
    "tools": checks.nullable(checks.items(_TOOL, most=128), default=[]),
    "tool_choice": checks.nullable(_tool_choice, default="auto"),
    "parallel_tool_calls": checks.nullable(checks.flag, default=True),
    "text": checks.nullable(_TEXT, default={}),
    "reasoning": checks.nullable(_REASONING, default={}),
    "previous_response_id": checks.nullable(shapes.ID),
    "conversation": checks.nullable(_conversation),
    "truncation": checks.nullable(checks.choice("auto", "disabled"), default="disabled"),
}
"""What is asked of the model."""

COUNT = checks.record(
    _ASKED, model=checks.nullable(checks.text(shortest=1)), personality=checks.text(longest=64)
)
"""The question how many tokens that is. A ``personality`` has no tokens here."""

CREATE = checks.record(
    _ASKED,
    required={"model": checks.text(shortest=1)},
    max_tool_calls=checks.nullable(checks.integer(least=1, most=1_000_000)),
    max_output_tokens=checks.nullable(checks.integer(least=16, most=10_000_000)),
    temperature=checks.nullable(checks.decimal(least=0, most=2), default=1.0),
    top_p=checks.nullable(checks.decimal(least=0, most=1), default=1.0),
    store=checks.nullable(checks.flag, default=True),
    stream=checks.nullable(checks.flag, default=False),
    stream_options=checks.nullable(checks.record(include_obfuscation=checks.flag)),
    background=checks.nullable(checks.flag, default=False),
    include=checks.nullable(checks.items(checks.choice(*INCLUDE), most=20), default=[]),
    metadata=shapes.METADATA,
    user=checks.nullable(checks.text()),
    safety_identifier=checks.nullable(checks.text(longest=64)),
    prompt_cache_key=checks.nullable(checks.text()),
    prompt_cache_retention=checks.nullable(checks.choice("in_memory", "24h")),
    prompt_cache_options=checks.nullable(_cache),
    service_tier=checks.nullable(checks.choice(*_TIERS)),
    top_logprobs=checks.nullable(checks.integer(least=0, most=20)),
    prompt=items.absent,
    context_management=items.absent,
    moderation=items.absent,
    access_programs=items.absent,
    image=items.absent,
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
