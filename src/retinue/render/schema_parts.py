"""Pieces that the schemas of several documents for programs share.

Objects are closed, so that a misspelt key can't go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from retinue.manifest.schema_parts import Schema, mapping, text

VERSION: Final = text("major.minor: a minor step adds", pattern="^1\\.[0-9]+$")

_ADDRESS: Final = "kind.name, e.g. assistant.math-tutor"


def record(description: str, properties: Schema, *, optional: Iterable[str] = ()) -> Schema:
    """A mapping that has every key, but for the ``optional`` ones, and no other."""
    required = tuple(name for name in properties if name not in set(optional))
    return mapping(description, properties, required=required)


def address(description: str = "An address") -> Schema:
    """An address as text."""
    return text(f"{description}: {_ADDRESS}", pattern="^[a-z_]+\\..")


def count(description: str) -> Schema:
    """A whole number that is not negative."""
    return {"type": "integer", "minimum": 0, "description": description}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def open_mapping(description: str) -> Schema:
    """A mapping whose keys are not ours to say."""
    return {"type": "object", "description": description}
