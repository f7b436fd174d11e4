"""OpenAI's rule for strict schemas: every object closed, every property required.

Structured outputs and strict functions are refused by the platform otherwise ("supported schemas"
in its guide to structured outputs).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from retinue.manifest.model import Json
from retinue.manifest.spots import Document
from retinue.manifest.suggest import listed
from retinue.manifest.wording import label
from retinue.problem import KeyPath, Problem

_MAPS: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "prefixItems")
_RELAX: Final = "or remove strict: true"


def check_strict(document: Document, path: KeyPath, schema: Json) -> Iterator[Problem]:
    """Yield where ``schema``, which stands at ``path``, breaks the rule."""
    if not isinstance(schema, dict):
        return
    if "properties" in schema or schema.get("type") == "object":
        yield from _check_object(document, path, schema)
    for inner_path, inner in _inner(path, schema):
        yield from check_strict(document, inner_path, inner)


def _check_object(document: Document, path: KeyPath, schema: dict[str, Json]) -> Iterator[Problem]:
    where = label(path)
    if schema.get("additionalProperties") is not False:
        yield _problem(
            document,
            path,
            "additionalProperties",
            f"strict: {where} must have additionalProperties: false",
            f"add additionalProperties: false, {_RELAX}",
        )
    properties, required = schema.get("properties"), schema.get("required")
    names = set(properties) if isinstance(properties, dict) else set()
    given = (
        {name for name in required if isinstance(name, str)}
        if isinstance(required, list)
        else set()
    )
    if names - given:
        missing = listed(names - given)
        yield _problem(
            document,
            path,
            "required",
            f"strict: {where} must require all its properties; missing: {missing}",
            f"require them, with type: […, 'null'] where optional, {_RELAX}",
        )


def _inner(path: KeyPath, schema: dict[str, Json]) -> Iterator[tuple[KeyPath, Json]]:
    for keyword in _MAPS:
        group = schema.get(keyword)
        if isinstance(group, dict):
            yield from (((*path, keyword, name), inner) for name, inner in group.items())
    for keyword in _LISTS:
        group = schema.get(keyword)
        if isinstance(group, list):
            yield from (((*path, keyword, index), inner) for index, inner in enumerate(group))
    yield (*path, "items"), schema.get("items")


def _problem(document: Document, path: KeyPath, keyword: str, message: str, hint: str) -> Problem:
    # At the keyword where it stands, else at the key of the object that lacks it.
    place = document.key_place((*path, keyword))
    if place == document.place(path):
        place = document.key_place(path)
    return Problem(code="RTN-MANIFEST-STRICT", place=place, message=message, hint=hint)
