"""The one JSON Schema of a manifest file: structure, platform limits and editor help.

Draft 2020-12, without references and ``unevaluatedProperties`` (slow), and with tools told apart
by ``if``/``then`` on their type (a ``oneOf`` could not say which key is wrong). The written copy in
``schemas/`` is what editors read; a test holds the two equal. What JSON Schema can't say
(references, paths, strict functions) is checked where resources are built.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from retinue.manifest.schema_agents import (
    automation,
    environment,
    environment_reference,
    skill,
    vault_references,
)
from retinue.manifest.schema_files import file, vector_store
from retinue.manifest.schema_functions import (
    FUNCTION_MEANS,
    FUNCTION_NAME,
    declared_function,
    definition,
)
from retinue.manifest.schema_parts import (
    Schema,
    choice,
    flag,
    lifecycle,
    listing,
    mapping,
    metadata,
    named,
    nullable,
    number,
    prompt,
    text,
    when_type,
)
from retinue.manifest.schema_project import TARGETS
from retinue.manifest.schema_talk import checks
from retinue.manifest.schema_tools import MAX_TOOLS, file_reference, tool
from retinue.manifest.schema_vaults import credential, vault
from retinue.manifest.wording import KINDS

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
MANIFEST_ID: Final = "urn:retinue:schema:manifest:1"

MAX_INSTRUCTIONS: Final = 1_048_576
"""What a saved agent takes; other targets take less, and say so."""

_KINDS: Final = "|".join(sorted(KINDS.values()))
_ADDRESS: Final = rf"^({_KINDS})\.[^\s*?\[\]][^*?\[\]\x00-\x1f]*$"
_ADDRESS_MEANS: Final = "an address, kind.name, e.g. assistant.math-tutor"

ASSISTANT_FIELDS: Final = (
    "name",
    "model",
    "description",
    "instructions",
    "temperature",
    "top_p",
    "reasoning_effort",
    "reasoning_summary",
    "response_format",
    "verbosity",
    "service_tier",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "truncation",
    "multi_agent",
    "compaction",
    "experimental",
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
                    "Functions that assistants can call, by name", declared_function()
                ),
                "files": named("Files to upload, by name", file()),
                "vector_stores": named("Vector stores by name", vector_store()),
                "environments": named("Environments of agents by name", environment()),
                "vaults": named("Vaults by name", vault()),
                "credentials": named("Credentials by name", credential()),
                "skills": named("Skills by name", skill()),
                "automations": named("Automations by name", automation()),
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
        **mapping("A function", definition(), required=("name",)),
    }


def _assistant() -> Schema:
    everywhere = {
        **_identity(),
        **_model_settings(),
        **_limits(),
        **_agent_settings(),
        **_tools_and_files(),
        "metadata": metadata(),
        "checks": checks(),
    }
    alone = {
        "target": choice(
            "The OpenAI surface that it is realised on; default: the project's", *TARGETS
        ),
        "targets": _variants(everywhere),
        "lifecycle": lifecycle(*ASSISTANT_FIELDS, "tools"),
    }
    return mapping("An assistant", {**everywhere, **alone}, required=("model",))


def _variants(properties: Schema) -> Schema:
    """What may differ between targets: anything but the target; a key with null is left out."""
    others = {key: nullable(schema) for key, schema in properties.items() if key != "model"}
    return {
        "type": "object",
        "description": "What it has instead on one target: keys as above, null leaves one out",
        "propertyNames": {"enum": list(TARGETS)},
        "additionalProperties": mapping(
            "What it has on this target", {"model": properties["model"], **others}
        ),
    }


def _identity() -> Schema:
    return {
        "name": text("Shown on the platform; default: the key", minLength=1, maxLength=256),
        "description": text("What the assistant is for", maxLength=512),
        "instructions": prompt(
            "The system prompt: a text, {file: …}, or a list of them",
            maxLength=MAX_INSTRUCTIONS,
            **{"x-hint": {"maxLength": "shorten it, or move knowledge into files"}},
        ),
    }


def _model_settings() -> Schema:
    efforts = ("none", "minimal", "low", "medium", "high", "xhigh", "max", None)
    tiers = ("auto", "default", "flex", "priority", "fast", "ultrafast")
    return {
        "model": text("The model's name on the platform, e.g. gpt-4o", minLength=1),
        "temperature": number("Sampling temperature; higher is more random", 0, 2),
        "top_p": number("Nucleus sampling: the share of likely tokens to choose from", 0, 1),
        "reasoning_effort": choice("How much a reasoning model thinks", *efforts),
        "reasoning_summary": choice("How the thinking is summed up", "auto", "concise", "detailed"),
        "response_format": _response_format(),
        "verbosity": choice("How long answers are", "low", "medium", "high"),
        "service_tier": choice("The service tier of requests to the model", *tiers),
    }


def _limits() -> Schema:
    most = 100_000_000
    return {
        "max_output_tokens": number("Tokens that an answer may have", 16, most, kind="integer"),
        "max_tool_calls": number("Calls of built-in tools in an answer", 1, most, kind="integer"),
        "parallel_tool_calls": flag("Whether tools may be called at the same time"),
        "truncation": choice(
            "What happens when the context is full: auto drops its oldest part", "auto", "disabled"
        ),
    }


def _agent_settings() -> Schema:
    subagents = {
        "enabled": flag("Whether the agent can start others"),
        "max_concurrent_subagents": number("How many at once", 1, 1000, kind="integer"),
    }
    return {
        "multi_agent": mapping("Agents that help it", subagents, required=("enabled",)),
        "compaction": mapping(
            "How a full context is made smaller",
            {"async": flag("In the background, while the agent goes on")},
        ),
        "experimental": mapping(
            "What may change soon",
            {"time_awareness": flag("Whether the agent is told the time")},
        ),
        "environment": environment_reference(
            "Where its sessions work: a name from environments, or an ID"
        ),
        "vaults": vault_references("The vaults that its sessions may use"),
    }


def _tools_and_files() -> Schema:
    return {
        "tools": listing("What the assistant can use", tool(), maxItems=MAX_TOOLS),
        "files": listing(
            "The first Assistants API's way to give files to retrieval or code_interpreter",
            file_reference(),
            deprecated=True,
        ),
    }


def _response_format() -> Schema:
    inner = {
        "name": text("The format's name", pattern=FUNCTION_NAME, **{"x-means": FUNCTION_MEANS}),
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
