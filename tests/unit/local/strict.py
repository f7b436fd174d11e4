"""The official SDK, made strict: an answer or an event that isn't what its types say is a failure.

The SDK itself is lenient: a missing field is None, and a wrong type is passed on. Here every field
has to be there, with exactly its type, and no field that the SDK doesn't know.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx2
from openai import AsyncOpenAI
from openai._base_client import BaseAsyncPage
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

_PAGES = frozenset({".object", ".first_id", ".last_id", ".has_more", ".next_page", ".search_query"})
"""Of a page the SDK's types hold what its paging needs; the API's description holds these, too."""

_BEYOND = frozenset({"store", "prompt_token_details", "completion_tokens_details"})
"""What responses and run steps of OpenAI show, whatever the SDK's types say."""


class StrictOpenAI(AsyncOpenAI):
    """Checks whatever an answer or the event of a stream is turned into."""

    def _process_response_data(
        self, *, data: object, cast_to: Any, response: httpx2.Response
    ) -> Any:
        place = f"{response.request.method} {response.request.url.path}"
        check(data, cast_to, place)
        return super()._process_response_data(data=data, cast_to=cast_to, response=response)


def check(data: object, kind: Any, place: str) -> None:
    """Hold JSON against a type of the SDK."""
    if kind is object or data is None:
        return
    made = _adapter(kind).validate_json(to_json(data), strict=True)
    known = _PAGES if isinstance(made, BaseAsyncPage) else frozenset()
    unknown = set(_unknown(made, "")) - known
    assert not unknown, f"{place} answers with fields that {kind} doesn't have: {unknown}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _unknown(value: object, path: str) -> Iterator[str]:
    """Where fields are that the types don't know."""
    if isinstance(value, BaseModel):
        for key in set(value.model_extra or ()) - _BEYOND:
            yield f"{path}.{key}"
        for key in type(value).model_fields:
            yield from _unknown(getattr(value, key), f"{path}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _unknown(each, f"{path}[{index}]")
