"""Words for values, types and paths, as messages about manifests use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from retinue.manifest.keys import redacted
from retinue.manifest.model import Json
from retinue.manifest.scalars import YAML_1_1_BOOLEANS
from retinue.problem import KeyPath

KINDS: Final = {
    "assistants": "assistant",
    "functions": "function",
    "files": "file",
    "vector_stores": "vector_store",
    "environments": "environment",
    "vaults": "vault",
    "credentials": "credential",
    "skills": "skill",
    "automations": "automation",
}
"""Sections of a manifest and the kinds that they declare."""

_TYPES: Final = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_WHOLE: Final = {
    "manifest": "the manifest",
    "project": "the project file",
    "function": "the function",
    "json-schema": "the schema",
}
_LONGEST: Final = 40


def label(path: KeyPath, schema_name: str = "json-schema") -> str:
    """Name the part at ``path``: ``tools[0].type``, ``assistant.tutor`` or ``the manifest``."""
    if not path:
        return _WHOLE[schema_name]
    if path[0] in KINDS and len(path) > 1:
        return joined(path[2:]) or f"{KINDS[str(path[0])]}.{path[1]}"
    return joined(path)


def joined(path: KeyPath) -> str:
    """Write a path with dots and brackets."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def shown(text: str) -> str:
    """Quote a text for a message, shortened when it is long, and without keys."""
    text = redacted(text)
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def types(expected: Sequence[str]) -> str:
    """Name the JSON types that a value may have."""
    words = [_TYPES[name] for name in expected]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def described(value: Json) -> str:
    """Say what a value is: ``the text 'hot'``, ``the number 5``, ``a list``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if value is None:
        return "null"
    return "a list" if isinstance(value, list) else "a mapping"


def type_hint(expected: Sequence[str], value: Json) -> str | None:
    """Return how to turn ``value`` into one of the ``expected`` types, None when unclear."""
    if isinstance(value, str):
        return _hint_for_text(expected, value)
    if expected == ["string"] and isinstance(value, (bool, int, float)):
        return f'put it in quotes: "{str(value).lower()}"'
    if expected == ["array"] or (expected == ["object"] and isinstance(value, list)):
        return "write it as a list: - …" if expected == ["array"] else "write it as key: value"
    return None


def _hint_for_text(expected: Sequence[str], value: str) -> str | None:
    word = value.lower()
    if "boolean" in expected and word in YAML_1_1_BOOLEANS | {"true", "false"}:
        return "YAML 1.2: write true or false, without quotes"
    if {"number", "integer"} & set(expected) and _is_number(value):
        return "write the number without quotes; what a variable gives is always text"
    if "array" in expected:
        return "write it as a list: - …"
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
