"""/vector_stores/{id}/search: ranked passages for a question, and the index behind them.

Every ranker names the same ranking (see ``search.ranking``). ``rewrite_query`` is accepted and
changes nothing: rewriting takes a model, and plain questions are understood as they are.
"""

from __future__ import annotations

from typing import Any

from retinue.local import checks, refusals
from retinue.local.calls import Call, Json
from retinue.local.families.vector_stores import require_open_store, touch
from retinue.local.family import Family, post
from retinue.local.search import Hit, filters, search
from retinue.local.search.chore import CHORE, asked
from retinue.local.search.schema import SCHEMA

_MOST_QUERIES = 64
_DEFAULT_RESULTS = 10

_QUERY = checks.text(shortest=1)
_QUERIES = checks.items(_QUERY, least=1, most=_MOST_QUERIES)


def _queries(value: object, param: str) -> list[str]:
    if not isinstance(value, str | list):
        raise refusals.wrong_type(param, "one of a string or array of strings", value)
    queries: list[str] = (
        _QUERIES(value, param) if isinstance(value, list) else [_QUERY(value, param)]
    )
    return queries


_SEARCH = checks.record(
    required={"query": _queries},
    max_num_results=checks.integer(least=1, most=50),
    filters=checks.nullable(filters.check),
    ranking_options=checks.nullable(
        checks.record(
            ranker=checks.choice("none", "auto", "default-2024-11-15"),
            score_threshold=checks.decimal(least=0, most=1),
        ),
        default={},
    ),
    rewrite_query=checks.flag,
)


def _search(call: Call) -> Json:
    fields = _SEARCH(call.body, "")
    store_id = call.path["vector_store_id"]
    with call.platform.write() as connection:
        require_open_store(connection, store_id)
        touch(connection, store_id, call.now)
    vectors = asked(call.platform, fields["query"])
    with call.platform.read() as connection:
        hits = search(
            connection,
            [store_id],
            fields["query"],
            limit=fields.get("max_num_results", _DEFAULT_RESULTS),
            score_threshold=fields.get("ranking_options", {}).get("score_threshold", 0.0),
            filters=fields.get("filters"),
            vectors=vectors,
        )
    return {
        "object": "vector_store.search_results.page",
        "search_query": fields["query"],
        "data": [_answer(hit) for hit in hits],
        "has_more": False,
        "next_page": None,
    }


def _answer(hit: Hit) -> dict[str, Any]:
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "attributes": hit.attributes,
        "content": [{"type": "text", "text": hit.text}],
    }


FAMILY = Family(
    schema=SCHEMA,
    chores=(CHORE,),
    routes=(post("/vector_stores/{vector_store_id}/search", _search),),
)
