"""The small pieces that the JSON Schemas are built of.

Three annotations are Retinue's own, for its messages only: ``x-hint`` maps a keyword to the hint to
give when it fails, ``x-means`` says in words what a pattern allows, ``x-secret`` that a value may
not be shown. Other tools ignore them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from retinue.address import NAME_PATTERN

Schema: TypeAlias = dict[str, Any]

USER_METADATA: Final = 15
"""The platform keeps 16 pairs an object; one of them is Retinue's marker."""
USER_ATTRIBUTES: Final = 15
"""The platform keeps 16 pairs an attached file; Retinue marks it with address and hash."""

# Not the schema `false`: jsonschema's error about that does not name the key.
RESERVED: Final[Schema] = {"not": {}, "description": "Reserved for Retinue's own marker"}

NAME_MEANS: Final = "letters, digits, '.', '_' and '-', starting with a letter or digit"

# The patterns of hosts and paths do without look-around, which not every validator has.
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
HOST: Final = rf"^{_LABEL}(\.{_LABEL})*$"
HOST_MEANS: Final = "the exact name of a host, e.g. api.example, without scheme, port and *"
HTTPS: Final = r"^https://[^\s/]+"
HTTPS_MEANS: Final = "an address that starts with https://"
ABSOLUTE: Final = "^/"
ABSOLUTE_MEANS: Final = "an absolute path, e.g. /workspace"
VARIABLE: Final = "^[A-Za-z_][A-Za-z0-9_]*$"
VARIABLE_MEANS: Final = "letters, digits and '_', not starting with a digit"


def text(description: str, **more: Any) -> Schema:
    """A text value."""
    return {"type": "string", "description": description, **more}


def number(description: str, least: float, most: float, *, kind: str = "number") -> Schema:
    """A number, or whole number with ``kind="integer"``, within two bounds."""
    return {"type": kind, "description": description, "minimum": least, "maximum": most}


def flag(description: str) -> Schema:
    """A value that is true or false."""
    return {"type": "boolean", "description": description}


def choice(description: str, *values: str | None) -> Schema:
    """One of several words."""
    return {"enum": list(values), "description": description}


def mapping(
    description: str, properties: Schema, *, required: tuple[str, ...] = (), **more: Any
) -> Schema:
    """A mapping with known keys and no others."""
    schema: Schema = {"type": "object", "description": description, "properties": properties}
    if required:
        schema["required"] = list(required)
    return {**schema, "additionalProperties": False, **more}


def named(description: str, resource: Schema) -> Schema:
    """A section: names to resources."""
    names = {"pattern": NAME_PATTERN, "x-means": NAME_MEANS}
    return {
        "type": "object",
        "description": description,
        "propertyNames": names,
        "additionalProperties": resource,
    }


def listing(description: str, items: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "description": description, "items": items, **more}


def words(description: str, one: str, **more: Any) -> Schema:
    """A list of different texts."""
    return listing(description, text(one, minLength=1), uniqueItems=True, **more)


def command_line(description: str) -> Schema:
    """A program and its arguments, of which one may be empty."""
    return {
        "type": "array",
        "description": description,
        "prefixItems": [text("The program", minLength=1)],
        "items": text("An argument"),
        "minItems": 1,
    }


def patterns(description: str) -> Schema:
    """A glob pattern, or a list of them."""
    return {
        "type": ["string", "array"],
        "description": description,
        "minLength": 1,
        "items": text("A pattern", minLength=1),
    }


def nullable(schema: Schema) -> Schema:
    """What ``schema`` allows, or null."""
    if "enum" in schema:
        return {**schema, "enum": list(dict.fromkeys((*schema["enum"], None)))}
    kinds = schema["type"]
    return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}


def secret(description: str) -> Schema:
    """A secret: where it comes from, never the secret itself."""
    sources = {
        "env": text("The environment variable that holds it", pattern=VARIABLE, minLength=1),
        "command": command_line("A program that prints it, and its arguments"),
    }
    sources["env"]["x-means"] = VARIABLE_MEANS
    return {
        "type": ["string", "object"],
        "description": f"{description}: ${{env:NAME}}, or {{command: [program, argument]}}",
        "pattern": r"^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$",
        "x-secret": True,
        "properties": sources,
        "additionalProperties": False,
        "allOf": [exactly_one("env", "command")],
    }


def prompt(description: str, **more: Any) -> Schema:
    """A prompt: a text, a file, or a list of both. ``more`` holds for each of them."""
    path = text("A text file, relative to this manifest", minLength=1)
    part: Schema = {
        "type": ["string", "object"],
        "description": "A part of the prompt",
        "properties": {"file": path},
        "required": ["file"],
        "additionalProperties": False,
        **more,
    }
    kinds = ["string", "object", "array"]
    return {**part, "type": kinds, "description": description, "items": part}


def pairs(description: str, most: int) -> Schema:
    """Key-value pairs of text."""
    return {
        "type": "object",
        "description": description,
        "maxProperties": most,
        "propertyNames": {"minLength": 1, "maxLength": 64},
        "additionalProperties": {"type": "string", "maxLength": 512},
    }


def when_type(
    value: str,
    properties: Schema,
    *,
    required: tuple[str, ...] = (),
    beside: Iterable[str] = (),
    key: str = "type",
) -> Schema:
    """An if/then: what a mapping may hold besides ``type`` when its type is ``value``.

    beside: keys that it may hold whatever its type. key: what is called ``type`` here.
    """
    others = dict.fromkeys((key, *beside), True)
    allowed: Schema = {"properties": {**others, **properties}, "additionalProperties": False}
    if required:
        allowed["required"] = list(required)
    return {"if": {"required": [key], "properties": {key: {"const": value}}}, "then": allowed}


def exactly_one(*keys: str) -> Schema:
    """An if/then: a mapping holds exactly one of ``keys``. Texts are left alone."""
    alternatives = [{"required": [key]} for key in keys]
    return {"if": {"type": "object"}, "then": {"oneOf": alternatives}}


def reference(description: str, *, id_example: str, **others: Schema) -> Schema:
    """A name, or a mapping with a literal ID or one of ``others``."""
    own_id = text(
        f"The ID of an object that somebody else owns, e.g. {id_example}: used, never changed",
        minLength=1,
    )
    schema: Schema = {
        "type": ["string", "object"],
        "description": description,
        "pattern": NAME_PATTERN,
        "x-means": NAME_MEANS,
        "properties": {"id": own_id, **others},
        "additionalProperties": False,
    }
    if others:
        return {**schema, "allOf": [exactly_one("id", *others)]}
    return {**schema, "required": ["id"]}


def metadata() -> Schema:
    """Key-value pairs on an object."""
    description = f"Up to {USER_METADATA} pairs of text, kept with the object on the platform"
    return {
        **pairs(description, USER_METADATA),
        "properties": {"retinue": RESERVED},
        "x-hint": {
            "maxProperties": "the platform keeps 16 pairs, and one of them is Retinue's own marker",
        },
    }


def attributes() -> Schema:
    """Key-value pairs on a file in a vector store, to filter searches by."""
    return {
        "type": "object",
        "description": f"Up to {USER_ATTRIBUTES} pairs to filter searches by: text, numbers, "
        "true or false",
        "maxProperties": USER_ATTRIBUTES,
        "patternProperties": {"^retinue": RESERVED},
        "propertyNames": {"minLength": 1, "maxLength": 64},
        "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": 512},
        "x-hint": {
            "maxProperties": "the platform keeps 16 pairs, and one of them is Retinue's own mark",
        },
    }


def lifecycle(*fields: str) -> Schema:
    """What Retinue may do to a resource."""
    return mapping(
        "What Retinue may do to this resource",
        {
            "protect": flag("Refuse every plan that would delete or replace it"),
            "ignore_changes": listing(
                "Fields whose changes on the platform are left alone",
                {"enum": sorted(fields)},
                uniqueItems=True,
            ),
        },
    )
