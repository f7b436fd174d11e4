"""The JSON Schema of functions: declared, inline, and in a file of their own."""

from __future__ import annotations

from typing import Final

from retinue.manifest.schema_parts import Schema, flag, mapping, text
from retinue.manifest.schema_talk import handler

FUNCTION_NAME: Final = "^[a-zA-Z0-9_-]{1,64}$"
FUNCTION_MEANS: Final = "1 to 64 letters, digits, '_' and '-'"


def tool_function() -> Schema:
    """A function as a tool names it: by name, or inline."""
    return {
        **_function(),
        "type": ["string", "object"],
        "pattern": "^[A-Za-z0-9]",
        "x-means": "a name from functions",
    }


def declared_function() -> Schema:
    """A function of the section: the only place that can bind a handler."""
    schema = _function()
    alone, *_ = schema["allOf"]
    beside = {"required": ["file", "handler"]}
    return {
        **schema,
        "properties": {**schema["properties"], "handler": handler()},
        "allOf": [
            {"if": {**alone["if"], "not": beside}, "then": alone["then"]},
            {"if": beside, "then": {**alone["then"], "maxProperties": 2}},
        ],
    }


def definition() -> Schema:
    """The properties of a definition."""
    return {
        "name": text(
            "How the model calls it; default: the key",
            pattern=FUNCTION_NAME,
            **{"x-means": FUNCTION_MEANS},
        ),
        "description": text("What it does and when to call it; the model reads this"),
        "parameters": {
            "type": "object",
            "description": "The arguments, as a JSON Schema of type object",
            "properties": {"type": {"const": "object"}},
            "required": ["type"],
            "x-hint": {"required": "start it with type: object"},
        },
        "strict": flag("Hold the model to the parameters exactly"),
    }


def _function() -> Schema:
    path = text("A JSON or YAML file with the definition, relative to this manifest", minLength=1)
    hint = "the definition comes from the file: nothing can stand beside 'file'"
    alone = {
        "if": {"type": "object", "required": ["file"]},
        "then": {"maxProperties": 1, "x-hint": {"maxProperties": hint}},
    }
    return mapping(
        "A function: its definition, or {file: …}", {"file": path, **definition()}, allOf=[alone]
    )
