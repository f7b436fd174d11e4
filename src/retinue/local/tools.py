"""Tools and tool resources as requests carry them, shared by everything that has tools.

Only checks and read-back defaults. Limits are those of OpenAI's API description of 2026-08-21.
"""

from __future__ import annotations

from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json

_RANKING = checks.record(
    required={"score_threshold": checks.decimal(least=0, most=1)},
    ranker=checks.choice("auto", "default_2024_08_21"),
)
_FILE_SEARCH = checks.record(
    max_num_results=checks.integer(least=1, most=50), ranking_options=_RANKING
)
_FUNCTION = checks.record(
    required={"name": shapes.FUNCTION_NAME},
    description=checks.text(),
    parameters=checks.any_object,
    strict=checks.nullable(checks.flag, default=False),
)
_TOOL = checks.tagged(
    code_interpreter=checks.record(type=shapes.ALWAYS),
    file_search=checks.record(type=shapes.ALWAYS, file_search=_FILE_SEARCH),
    function=checks.record(required={"type": shapes.ALWAYS, "function": _FUNCTION}),
)

TOOLS = checks.items(_TOOL, most=128)

_FILE_IDS = checks.items(shapes.ID, most=20)
_STORE_IDS = checks.items(shapes.ID, most=1)
_NEW_STORE = checks.record(
    file_ids=checks.items(shapes.ID, most=10_000),
    chunking_strategy=shapes.chunking,
    metadata=shapes.METADATA,
)
_CODE = checks.record(file_ids=_FILE_IDS)

RESOURCES = checks.nullable(
    checks.record(
        code_interpreter=checks.nullable(_CODE, default={}),
        file_search=checks.nullable(checks.record(vector_store_ids=_STORE_IDS), default={}),
    )
)
"""Tool resources of an update: IDs only."""

_SEARCH_OR_HELPER = checks.record(
    vector_store_ids=_STORE_IDS, vector_stores=checks.items(_NEW_STORE, most=1)
)


def _search_on_create(value: object, param: str) -> Json:
    fields: Json = _SEARCH_OR_HELPER(value, param)
    if "vector_store_ids" in fields and "vector_stores" in fields:
        reason = "'vector_store_ids' and 'vector_stores' are mutually exclusive."
        raise refusals.invalid(f"{param}.vector_stores", reason)
    return fields


RESOURCES_ON_CREATE = checks.nullable(
    checks.record(
        code_interpreter=checks.nullable(_CODE, default={}),
        file_search=checks.nullable(_search_on_create, default={}),
    )
)
"""Tool resources of a create: the ``vector_stores`` helper makes the store on the way."""


def read_back(tool: Json) -> Json:
    """A stored tool as the platform answers it, with the defaults that it fills in."""
    if tool["type"] == "function":
        return {"type": "function", "function": {"strict": False} | tool["function"]}
    if tool["type"] == "file_search":
        settings = dict(tool.get("file_search", {}))
        given = settings.get("ranking_options", {"score_threshold": 0.0})
        settings["ranking_options"] = {"ranker": "auto"} | given
        return {"type": "file_search", "file_search": settings}
    return {"type": tool["type"]}
