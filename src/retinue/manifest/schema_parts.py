"""The small pieces that the JSON Schemas are built of.

Two annotations are Retinue's own, for its messages only: ``x-hint`` maps a keyword to the hint to
give when it fails, ``x-means`` says in words what a pattern allows. Other tools ignore them.
"""

from __future__ import annotations

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


def when_type(value: str, properties: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    """An if/then: what a mapping may hold besides ``type`` when its type is ``value``."""
    allowed: Schema = {"properties": {"type": True, **properties}, "additionalProperties": False}
    if required:
        allowed["required"] = list(required)
    return {
        "if": {"required": ["type"], "properties": {"type": {"const": value}}},
        "then": allowed,
    }


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
    return {
        "type": "object",
        "description": f"Up to {USER_METADATA} pairs of text, kept with the object on the platform",
        "maxProperties": USER_METADATA,
        "properties": {"retinue": RESERVED},
        "propertyNames": {"minLength": 1, "maxLength": 64},
        "additionalProperties": {"type": "string", "maxLength": 512},
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
