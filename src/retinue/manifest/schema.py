"""The one JSON Schema of a manifest file: structure, platform limits and editor help.

Draft 2020-12, without references and ``unevaluatedProperties`` (slow), and with tools told apart
by ``if``/``then`` on their type (a ``oneOf`` could not say which key is wrong). The written copy in
``schemas/`` is what editors read; a test holds the two equal. What JSON Schema can't say
(references, paths, strict functions) is checked where resources are built.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from retinue.manifest.schema_files import file, vector_store
from retinue.manifest.schema_parts import (
    Schema,
    choice,
    flag,
    lifecycle,
    listing,
    mapping,
    metadata,
    named,
    number,
    reference,
    text,
    when_type,
)
from retinue.manifest.schema_talk import checks, handler

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
MANIFEST_ID: Final = "urn:retinue:schema:manifest:1"

MAX_INSTRUCTIONS: Final = 256_000
MAX_TOOL_FILES: Final = 20

FUNCTION_NAME: Final = "^[a-zA-Z0-9_-]{1,64}$"
_FUNCTION_MEANS: Final = "1 to 64 letters, digits, '_' and '-'"
_ADDRESS: Final = r"^(assistant|file|function|vector_store)\.[^\s*?\[\]][^*?\[\]\x00-\x1f]*$"
_ADDRESS_MEANS: Final = "an address, kind.name, e.g. assistant.math-tutor"

TOOL_TYPES: Final = ("code_interpreter", "file_search", "function", "retrieval")
TOOL_WORDS: Final = ("code_interpreter", "file_search", "retrieval")

ASSISTANT_FIELDS: Final = (
    "name",
    "model",
    "description",
    "instructions",
    "temperature",
    "top_p",
    "reasoning_effort",
    "response_format",
    "metadata",
)
"""The keys of an assistant that are plain values on the platform."""


@cache
def manifest_schema() -> Schema:
    """Return the schema of a manifest file. Shared: do not change it."""
    return {
        "$schema": DRAFT,
        "$id": MANIFEST_ID,
        "title": "Retinue manifest",
        **mapping(
            "Declares assistants and what they need",
            {
                "assistants": named("Assistants by name", _assistant()),
                "functions": named(
                    "Functions that assistants can call, by name", _declared_function()
                ),
                "files": named("Files to upload, by name", file()),
                "vector_stores": named("Vector stores by name", vector_store()),
                "moved": listing("Resources that have a new address", _moved()),
                "removed": listing("Resources to forget, or to delete", _removed()),
            },
        ),
    }


@cache
def function_schema() -> Schema:
    """Return the schema of one function definition, as a file referred to by ``{file: …}``."""
    return {
        "$schema": DRAFT,
        "$id": "urn:retinue:schema:function:1",
        **mapping("A function", _definition(), required=("name",)),
    }


def written(schema: Schema) -> str:
    """Return a schema as the text of its file in ``schemas/``."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write ``manifest.schema.json`` and ``project.schema.json`` into ``folder``."""
    from retinue.manifest.schema_project import project_schema

    for name, schema in (("manifest", manifest_schema()), ("project", project_schema())):
        (folder / f"{name}.schema.json").write_text(written(schema), encoding="utf-8")


def _assistant() -> Schema:
    fields = (*ASSISTANT_FIELDS, "tools")
    properties = {**_identity(), **_model_settings(), **_tools_and_files()}
    properties["metadata"] = metadata()
    properties["lifecycle"] = lifecycle(*fields)
    properties["checks"] = checks()
    return mapping("An assistant", properties, required=("model",))


def _identity() -> Schema:
    return {
        "name": text("Shown on the platform; default: the key", minLength=1, maxLength=256),
        "description": text("What the assistant is for", maxLength=512),
        "instructions": {
            **_instructions("The system prompt: a text, {file: …}, or a list of them"),
            "type": ["string", "object", "array"],
            "items": {**_instructions("A part of the prompt"), "type": ["string", "object"]},
        },
    }


def _instructions(description: str) -> Schema:
    path = text("A text file, relative to this manifest", minLength=1)
    return {
        "description": description,
        "maxLength": MAX_INSTRUCTIONS,
        "properties": {"file": path},
        "required": ["file"],
        "additionalProperties": False,
        "x-hint": {"maxLength": "shorten it, or move knowledge into a vector store"},
    }


def _model_settings() -> Schema:
    efforts = ("none", "minimal", "low", "medium", "high", "xhigh", None)
    return {
        "model": text("The model's name on the platform, e.g. gpt-4o", minLength=1),
        "temperature": number("Sampling temperature; higher is more random", 0, 2),
        "top_p": number("Nucleus sampling: the share of likely tokens to choose from", 0, 1),
        "reasoning_effort": choice("How much a reasoning model thinks", *efforts),
        "response_format": _response_format(),
    }


def _response_format() -> Schema:
    inner = {
        "name": text("The format's name", pattern=FUNCTION_NAME, **{"x-means": _FUNCTION_MEANS}),
        "description": text("What the format is for"),
        "schema": {"type": "object", "description": "A JSON Schema"},
        "strict": flag("Hold the model to the schema exactly"),
    }
    body = mapping("The schema of the answers", inner, required=("name",))
    kinds = ("text", "json_object", "json_schema")
    hint = "possible: auto, or a mapping with a type, e.g. {type: json_object}"
    auto: Schema = {"enum": ["auto"], "x-hint": {"enum": hint}}
    return {
        "type": ["string", "object"],
        "description": "The form of the answers: auto, or a mapping with a type",
        "properties": {"type": choice("The form", *kinds)},
        "required": ["type"],
        "allOf": [
            {"if": {"type": "string"}, "then": auto},
            when_type("text", {}),
            when_type("json_object", {}),
            when_type("json_schema", {"json_schema": body}, required=("json_schema",)),
        ],
    }


def _tools_and_files() -> Schema:
    return {
        "tools": listing("What the assistant can use", _tool(), maxItems=128),
        "files": listing(
            "The first Assistants API's way to give files to retrieval or code_interpreter",
            file_reference(),
            deprecated=True,
        ),
    }


def file_reference() -> Schema:
    """A file by name, path or ID."""
    path = text("A file, relative to this manifest", minLength=1)
    return reference("A name from files, a path or an ID", id_example="file-abc123", path=path)


def _tool() -> Schema:
    return {
        "type": ["string", "object"],
        "description": "A tool: a mapping with a type, or code_interpreter or file_search alone",
        "properties": {"type": choice("The type of tool", *TOOL_TYPES)},
        "required": ["type"],
        "x-hint": {"required": "each tool is a mapping with a type: - type: code_interpreter"},
        "allOf": [
            {"if": {"type": "string"}, "then": {"enum": list(TOOL_WORDS)}},
            when_type("code_interpreter", {"files": _tool_files()}),
            when_type("file_search", _file_search()),
            when_type("function", {"function": _tool_function()}, required=("function",)),
            when_type("retrieval", {}),
        ],
    }


def _tool_files() -> Schema:
    return listing("Files that the code can read", file_reference(), maxItems=MAX_TOOL_FILES)


def _file_search() -> Schema:
    ranking = {
        "ranker": choice("The ranker", "auto", "default_2024_08_21"),
        "score_threshold": number("Results below this score are left out", 0, 1),
    }
    store = reference("A name from vector_stores, or an ID", id_example="vs_abc123")
    return {
        "vector_store": store,
        "max_num_results": number("How many results a search gives", 1, 50, kind="integer"),
        "ranking_options": mapping(
            "How results are ranked", ranking, required=("score_threshold",)
        ),
    }


def _tool_function() -> Schema:
    return {
        **_function(),
        "type": ["string", "object"],
        "pattern": "^[A-Za-z0-9]",
        "x-means": "a name from functions",
    }


def _declared_function() -> Schema:
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


def _function() -> Schema:
    path = text("A JSON or YAML file with the definition, relative to this manifest", minLength=1)
    hint = "the definition comes from the file: nothing can stand beside 'file'"
    alone = {
        "if": {"type": "object", "required": ["file"]},
        "then": {"maxProperties": 1, "x-hint": {"maxProperties": hint}},
    }
    return mapping(
        "A function: its definition, or {file: …}", {"file": path, **_definition()}, allOf=[alone]
    )


def _definition() -> Schema:
    return {
        "name": text(
            "How the model calls it; default: the key",
            pattern=FUNCTION_NAME,
            **{"x-means": _FUNCTION_MEANS},
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


def _moved() -> Schema:
    address = {"pattern": _ADDRESS, "x-means": _ADDRESS_MEANS}
    ends = {
        "from": text("The address it had", **address),
        "to": text("The address it has now", **address),
    }
    return mapping("A resource that was renamed", ends, required=("from", "to"))


def _removed() -> Schema:
    properties = {
        "address": text("The address it had", pattern=_ADDRESS, **{"x-means": _ADDRESS_MEANS}),
        "destroy": flag("Delete the object on the platform; default: false, only forget it"),
    }
    return mapping("A resource that Retinue shall let go of", properties, required=("address",))
