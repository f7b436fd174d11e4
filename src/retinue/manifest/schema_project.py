"""The JSON Schema of the project file, ``retinue.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Final

from retinue.manifest.schema_parts import (
    NAME_MEANS,
    Schema,
    choice,
    flag,
    listing,
    mapping,
    number,
    text,
    when_type,
)

TARGETS: Final = ("assistants", "responses", "agents")
STACK_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,62}$"
PROJECT_PATTERN: Final = "^[a-z0-9][a-z0-9-]{0,62}$"

_PROJECT_MEANS: Final = "up to 63 small letters, digits and '-', starting with a letter or digit"
_VARIABLE_PATTERN: Final = "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
_VARIABLE_MEANS: Final = "letters, digits, '_' and '-', starting with a letter or '_'"


@cache
def project_schema() -> Schema:
    """Return the schema of the project file. Shared: do not change it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:retinue:schema:project:1",
        "title": "Retinue project file",
        **mapping("A project of Retinue", {**_own(), **_per_stack(), "stacks": _stacks()}),
    }


def _own() -> Schema:
    return {
        "version": {"const": 1, "description": "The version of the manifest language: 1"},
        "project": text(
            "The project's name; default: from the folder's name",
            pattern=PROJECT_PATTERN,
            **{"x-means": _PROJECT_MEANS},
        ),
        "manifests": text("The folder of the manifests; default: assistants", minLength=1),
        "default_stack": text("The stack to use when none is chosen", minLength=1),
        "safety": _safety(),
        "tracing": _tracing(),
        "parallelism": number(
            "How many changes are made at a time; default: 8", 1, 128, kind="integer"
        ),
    }


def _per_stack() -> Schema:
    return {
        "target": choice(
            "The OpenAI surface that assistants are realised on; default: assistants", *TARGETS
        ),
        "platform": _platform(),
        "state": _state(),
        "variables": _variables(),
    }


def _stacks() -> Schema:
    stack = mapping("A stack: what it has instead of the project's own", _per_stack())
    return {
        "type": "object",
        "description": "Stacks by name; each overrides the project's keys",
        "propertyNames": {"pattern": STACK_PATTERN, "x-means": NAME_MEANS},
        "additionalProperties": stack,
        "minProperties": 1,
    }


def _platform() -> Schema:
    openai = {
        "base_url": text(
            "Where the API is; default: OPENAI_BASE_URL, else OpenAI's own", minLength=1
        ),
        "api_key_env": text(
            "The environment variable with the key; default: OPENAI_API_KEY", minLength=1
        ),
        "timeout": number("Seconds to wait for an answer", 0.1, 3600),
        "max_parallel": number("Requests in flight at most", 1, 128, kind="integer"),
    }
    local = {
        "database": text("Its file; default: .retinue/platform.db", minLength=1),
        "model": _model(),
    }
    return {
        "type": "object",
        "description": "What the assistants live on",
        "properties": {
            "api": choice(
                "local: the embedded platform; openai: OpenAI, or a server that speaks its API",
                "local",
                "openai",
            )
        },
        "required": ["api"],
        "x-hint": {"required": "write api: local or api: openai"},
        "allOf": [_when_api("local", local), _when_api("openai", openai)],
    }


def _model() -> Schema:
    properties = {
        "base_url": text(
            "A chat-completions server, up to and with /v1",
            pattern="^(?:https?://|\\$\\{env:).+",
            **{"x-means": "an address that starts with http:// or https://"},
        ),
        "api_key": text("Its key, such as ${env:NAME}; never written in plain", minLength=1),
        "api_key_env": text("The environment variable with its key", minLength=1),
        "names": {
            "type": "object",
            "description": "Models by the name that assistants use; '*' stands for all others",
            "additionalProperties": {"type": "string", "minLength": 1},
        },
        "embeddings": text(
            "Its model for embeddings: file search goes by meaning, too; default: words alone",
            minLength=1,
        ),
    }
    return mapping(
        "The language models behind it; default: the built-in echo model",
        properties,
        required=("base_url",),
    )


def _when_api(value: str, properties: Schema) -> Schema:
    return when_type(value, properties, key="api")


def _state() -> Schema:
    path = text("The state file; default: .retinue/state/<stack>.json", minLength=1)
    return mapping("Where the state is kept", {"path": path})


def _variables() -> Schema:
    return {
        "type": "object",
        "description": "Values for ${var:name} in manifests; null: has to be given from outside",
        "propertyNames": {"pattern": _VARIABLE_PATTERN, "x-means": _VARIABLE_MEANS},
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    }


def _tracing() -> Schema:
    return mapping(
        "Traces of ask, chat, test and apply; none by default. Needs the extra retinue[tracing]",
        {
            "otlp": flag("Send them to OTEL_EXPORTER_OTLP_ENDPOINT, by OTLP over HTTP"),
            "agentops": flag("Send them to AgentOps; AGENTOPS_API_KEY has the key"),
            "content": flag("Put prompts and answers into them; default: false"),
            "tags": listing("Words that AgentOps shows with a session", text("A word")),
        },
    )


def _safety() -> Schema:
    percent = {"kind": "integer"}
    return mapping(
        "When a plan is too drastic to apply without --force",
        {
            "max_delete_percent": number(
                "Deletions allowed, in percent; default: 30", 0, 100, **percent
            ),
            "max_update_percent": number(
                "Updates allowed, in percent; default: 50", 0, 100, **percent
            ),
            "min_existing": number(
                "Fewer resources than this are not guarded; default: 10", 0, 1_000_000, **percent
            ),
        },
    )
