"""The JSON Schema of what agents work with: environments, skills and automations."""

from __future__ import annotations

from typing import Final

from retinue import reserved
from retinue.address import NAME_PATTERN
from retinue.manifest.schema_parts import (
    ABSOLUTE,
    ABSOLUTE_MEANS,
    HOST,
    HOST_MEANS,
    NAME_MEANS,
    VARIABLE,
    VARIABLE_MEANS,
    Schema,
    choice,
    exactly_one,
    flag,
    lifecycle,
    listing,
    mapping,
    metadata,
    pairs,
    patterns,
    prompt,
    reference,
    secret,
    text,
    when_type,
    words,
)
from retinue.manifest.schema_tools import file_reference

MAX_ENVIRONMENT_FILES: Final = 50
MAX_SKILLS: Final = 200
MAX_PLUGINS: Final = 32
MAX_COMMANDS: Final = 16
MAX_COMMAND: Final = 65_536
MAX_PATH: Final = 4096
MAX_DOMAINS: Final = 100
MAX_VAULTS: Final = 10
SESSION_METADATA: Final = 16

ENVIRONMENT_FIELDS: Final = (
    "name",
    "network",
    "packages",
    "setup_commands",
    "capability_directories",
    "desktop",
)
"""The keys of an environment that are plain values on the platform."""

# Segments that are neither '.' nor '..', spelled out.
_SEGMENT: Final = r"([^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+)"
_WORKSPACE: Final = rf"^/workspace(/{_SEGMENT})+$"


def environment() -> Schema:
    """A template of the environments that agents work in."""
    return mapping(
        "A template of the environments that agents work in",
        {
            "name": text("Shown on the platform; default: the key", minLength=1, maxLength=256),
            "network": _network(),
            "packages": _packages(),
            "files": listing(
                "Files that are there from the start", _file(), maxItems=MAX_ENVIRONMENT_FILES
            ),
            "skills": listing("Skills that the agent can use", _skill_use(), maxItems=MAX_SKILLS),
            "plugins": listing("Plugins, installed for the agent", _plugin(), maxItems=MAX_PLUGINS),
            "variables": _variables(),
            "setup_commands": listing(
                "Commands to run before the agent starts", _command(), maxItems=MAX_COMMANDS
            ),
            "capability_directories": words("Folders with capabilities of the agent", "A folder"),
            "desktop": mapping(
                "A desktop with a browser",
                {"enabled": flag("Whether there is one")},
                required=("enabled",),
            ),
            "lifecycle": lifecycle(*ENVIRONMENT_FIELDS, "files", "skills", "plugins", "variables"),
        },
    )


def environment_reference(description: str) -> Schema:
    """A name from environments, or an ID."""
    return reference(description, id_example="envtpl_abc123")


def vault_references(description: str) -> Schema:
    """Names from vaults, or IDs."""
    vault = reference("A name from vaults, or an ID", id_example="vault_abc123")
    return listing(description, vault, maxItems=MAX_VAULTS)


def skill() -> Schema:
    """A folder with a SKILL.md."""
    path = text("The folder with SKILL.md, relative to this manifest", minLength=1)
    return mapping(
        "A skill: a folder with a SKILL.md, which has a name and a description",
        {
            "path": path,
            "exclude": patterns("Patterns of files to leave out, relative to the folder"),
            "lifecycle": lifecycle("content"),
        },
        required=("path",),
    )


def automation() -> Schema:
    """Sessions of an agent that start by themselves."""
    fields = ("name", "assistant", "schedule", "prompt", "environment", "vaults")
    ignorable = (*fields, "session_metadata", "paused", "metadata")
    return mapping(
        "Sessions of an agent that start by themselves",
        {
            "name": text("Shown on the platform; default: the key", minLength=1),
            "assistant": reference(
                "A name from assistants, one on the target agents, or an ID",
                id_example="agt_abc123",
            ),
            "schedule": _schedule(),
            "prompt": prompt(
                "What the agent is told: a text, {file: …}, or a list of them", minLength=1
            ),
            "environment": environment_reference(
                "Where it works; default: the environment of the assistant"
            ),
            "vaults": vault_references(
                "The vaults that it may use; default: those of the assistant"
            ),
            "session_metadata": pairs(
                f"Up to {SESSION_METADATA} pairs of text, kept with each session",
                SESSION_METADATA,
            ),
            "paused": flag("Whether it rests"),
            "metadata": metadata(),
            "lifecycle": lifecycle(*ignorable),
        },
        required=("assistant", "schedule", "prompt"),
    )


def _network() -> Schema:
    domain = text("A host", pattern=HOST, maxLength=253, **{"x-means": HOST_MEANS})
    domains = {"uniqueItems": True, "minItems": 1, "maxItems": MAX_DOMAINS}
    lists = {
        "allowed_domains": listing("The only hosts that can be reached", domain, **domains),
        "blocked_domains": listing("Hosts that can't be reached", domain, **domains),
    }
    restricted = when_type("restricted", lists, key="access")
    restricted["then"]["allOf"] = [exactly_one(*lists)]
    return {
        "type": "object",
        "description": "What the environment can reach",
        "properties": {
            "access": choice("How much of the network", "enabled", "disabled", "restricted")
        },
        "required": ["access"],
        "allOf": [
            when_type("enabled", {}, key="access"),
            when_type("disabled", {}, key="access"),
            restricted,
        ],
    }


def _packages() -> Schema:
    return mapping(
        "Packages to install",
        {
            "python": words("Python packages, as pip knows them", "A package"),
            "npm": words("npm packages, installed globally", "A package"),
            "system": words("Packages of the system", "A package"),
        },
    )


def _file() -> Schema:
    path = text(
        "Where the file is in the environment",
        pattern=_WORKSPACE,
        maxLength=MAX_PATH,
        **{"x-means": "an absolute path in /workspace, e.g. /workspace/notes.md"},
    )
    inline = text("A file, relative to this manifest, that is sent with the template", minLength=1)
    return mapping(
        "A file and its place",
        {"file": file_reference(), "inline": inline, "path": path},
        required=("path",),
        allOf=[exactly_one("file", "inline")],
    )


def _plugin() -> Schema:
    path = text("The folder with .codex-plugin/plugin.json, relative to this manifest", minLength=1)
    exclude = patterns("Patterns of files to leave out, relative to the folder")
    return mapping(
        "A plugin: a folder with skills, MCP servers, or both",
        {"path": path, "exclude": exclude},
        required=("path",),
        **{"x-hint": {"type": "write {path: …}"}},
    )


def _skill_use() -> Schema:
    version = {
        "type": ["string", "integer"],
        "description": "The version: a number, or latest; default: the skill's default version",
        "pattern": "^([1-9][0-9]*|latest)$",
        "minimum": 1,
        "maximum": 1_000_000_000,
        "x-means": "a version's number, or latest",
    }
    return {
        "type": ["string", "object"],
        "description": "A name from skills, or a mapping with skill or id",
        "pattern": NAME_PATTERN,
        "x-means": NAME_MEANS,
        "properties": {
            "skill": text("A name from skills", pattern=NAME_PATTERN, **{"x-means": NAME_MEANS}),
            "id": text("The ID of a skill that somebody else owns", minLength=1),
            "version": version,
        },
        "additionalProperties": False,
        "allOf": [exactly_one("skill", "id")],
    }


def _variables() -> Schema:
    refused = {
        "not": {},
        "x-hint": {"not": "the platform keeps PATH, OPENAI_API_KEY and CODEX_… to itself"},
    }
    value = secret("A text, or a secret")
    del value["pattern"], value["x-secret"]
    value["x-hint"] = {"type": "give it a text; numbers, true and false need quotes here"}
    return {
        "type": "object",
        "description": "Environment variables: texts, or secrets (${env:NAME}, {command: […]})",
        "patternProperties": {f"^({reserved.VARIABLE})$": refused},
        "propertyNames": {"pattern": VARIABLE, "x-means": VARIABLE_MEANS},
        "additionalProperties": value,
    }


def _command() -> Schema:
    means = {"x-means": ABSOLUTE_MEANS}
    cwd = text("Where to run it", pattern=ABSOLUTE, maxLength=MAX_PATH, **means)
    command = text("A command for the shell", minLength=1, maxLength=MAX_COMMAND)
    return {
        **mapping(
            "A command, or a mapping with command and cwd",
            {"command": command, "cwd": {**cwd, "description": "Default: /workspace"}},
            required=("command",),
        ),
        "type": ["string", "object"],
        "minLength": 1,
        "maxLength": MAX_COMMAND,
    }


def _schedule() -> Schema:
    schedule = mapping(
        "When it starts: cron and timezone, or at",
        {
            "cron": text("Minute, hour, day of the month, month, day of the week", minLength=1),
            "timezone": text("The time zone of cron, e.g. Europe/Berlin", minLength=1),
            "at": text("Once, e.g. 2026-12-24T18:00:00+01:00", minLength=1),
        },
    )
    zone = {"if": {"required": ["cron"]}, "then": {"required": ["timezone"]}}
    return {
        **schedule,
        "dependentRequired": {"timezone": ["cron"]},
        "allOf": [exactly_one("cron", "at"), zone],
    }
