"""The JSON Schema of files and vector stores."""

from __future__ import annotations

from typing import Final

from retinue.address import NAME_PATTERN
from retinue.manifest.schema_parts import (
    NAME_MEANS,
    Schema,
    attributes,
    choice,
    exactly_one,
    lifecycle,
    listing,
    mapping,
    metadata,
    number,
    patterns,
    text,
    when_type,
)

MAX_STORE_FILES: Final = 10_000

PURPOSES: Final = ("assistants", "batch", "evals", "fine-tune", "user_data", "vision")

STORE_FIELDS: Final = ("name", "description", "expires_after", "chunking_strategy", "metadata")
"""The keys of a vector store that are plain values on the platform."""


def file() -> Schema:
    """A file to upload."""
    seconds = number(
        "Seconds until it is deleted: 1 hour to 30 days", 3600, 2_592_000, kind="integer"
    )
    expiry = mapping(
        "When the platform deletes the file",
        {"anchor": choice("What the time counts from", "created_at"), "seconds": seconds},
        required=("anchor", "seconds"),
    )
    return mapping(
        "A file to upload",
        {
            "path": text("The file, relative to this manifest", minLength=1),
            "purpose": choice("What the platform may do with it; default: assistants", *PURPOSES),
            "expires_after": expiry,
            "lifecycle": lifecycle("content", "expires_after", "purpose"),
        },
        required=("path",),
    )


def vector_store() -> Schema:
    """A vector store."""
    days = number("Days without use until it is deleted", 1, 365, kind="integer")
    expiry = mapping(
        "When the platform deletes the store",
        {"anchor": choice("What the time counts from", "last_active_at"), "days": days},
        required=("anchor", "days"),
    )
    return mapping(
        "A vector store: files made searchable for file_search",
        {
            "name": text("Shown on the platform; default: the key", minLength=1, maxLength=256),
            "description": text("What is in it; only set when the store is created", maxLength=512),
            "files": listing("What is in it", _store_file(), maxItems=MAX_STORE_FILES),
            "expires_after": expiry,
            "chunking_strategy": _chunking(),
            "metadata": metadata(),
            "lifecycle": lifecycle(*STORE_FIELDS, "files"),
        },
    )


def _store_file() -> Schema:
    pattern = text(
        "Matches paths of files, relative to this manifest, e.g. docs/**/*.md", minLength=1
    )
    return {
        "type": ["string", "object"],
        "description": "A name from files, or a mapping with one of file, glob, path, id",
        "pattern": NAME_PATTERN,
        "x-means": NAME_MEANS,
        "properties": {
            "file": text("A name from files", pattern=NAME_PATTERN, **{"x-means": NAME_MEANS}),
            "glob": pattern,
            "path": text("A file, relative to this manifest", minLength=1),
            "id": text("The ID of a file that somebody else owns", minLength=1),
            "exclude": patterns("Patterns of files to leave out"),
            "attributes": attributes(),
        },
        "additionalProperties": False,
        "dependentRequired": {"exclude": ["glob"]},
        "allOf": [exactly_one("file", "glob", "path", "id")],
    }


def _chunking() -> Schema:
    sizes = {
        "max_chunk_size_tokens": number("Tokens in a chunk", 100, 4096, kind="integer"),
        "chunk_overlap_tokens": number(
            "Tokens shared by neighbours: at most half a chunk", 0, 2048, kind="integer"
        ),
    }
    static = mapping("The sizes", sizes, required=tuple(sizes))
    return {
        "type": ["string", "object"],
        "description": "How texts are cut: auto, or a mapping with a type",
        "properties": {"type": choice("The strategy", "auto", "static")},
        "required": ["type"],
        "allOf": [
            {"if": {"type": "string"}, "then": {"enum": ["auto"]}},
            when_type("auto", {}),
            when_type("static", {"static": static}, required=("static",)),
        ],
    }
