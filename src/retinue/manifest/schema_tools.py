"""The JSON Schema of tools, told apart by ``if``/``then`` on their type.

What a target can't express is no matter of the schema: it is refused where the target is compiled.
"""

from __future__ import annotations

from typing import Final

from retinue.manifest.schema_functions import tool_function
from retinue.manifest.schema_parts import (
    ABSOLUTE,
    ABSOLUTE_MEANS,
    HOST,
    HOST_MEANS,
    VARIABLE,
    VARIABLE_MEANS,
    Schema,
    choice,
    exactly_one,
    flag,
    listing,
    mapping,
    number,
    reference,
    text,
    when_type,
    words,
)

MAX_TOOLS: Final = 2000
"""What a saved agent takes; other targets take less, and say so."""
MAX_TOOL_FILES: Final = 50
MAX_FIRST_API_FILES: Final = 20

TOOL_WORDS: Final = (
    "automations",
    "code_interpreter",
    "computer_use",
    "file_search",
    "image_generation",
    "programmatic_tool_calling",
    "retrieval",
    "tool_search",
    "web_search",
)
"""Types that can stand alone, as a word."""
TOOL_TYPES: Final = tuple(sorted((*TOOL_WORDS, "function", "mcp")))

_URL: Final = "^https?://[^\\s/]+"
_HEADER: Final = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"


def file_reference() -> Schema:
    """A file by name, path or ID."""
    path = text("A file, relative to this manifest", minLength=1)
    return reference("A name from files, a path or an ID", id_example="file-abc123", path=path)


def tool() -> Schema:
    """A tool of an assistant."""
    return {
        "type": ["string", "object"],
        "description": "A tool: a mapping with a type, or the type alone, e.g. code_interpreter",
        "properties": {"type": choice("The type of tool", *TOOL_TYPES)},
        "required": ["type"],
        "x-hint": {"required": "each tool is a mapping with a type: - type: code_interpreter"},
        "allOf": [
            {"if": {"type": "string"}, "then": {"enum": list(TOOL_WORDS)}},
            when_type("code_interpreter", {"files": _tool_files()}),
            when_type("file_search", _file_search()),
            when_type("function", _function(), required=("function",)),
            when_type("retrieval", {}),
            when_type("web_search", _web_search()),
            _mcp(),
            when_type("tool_search", {}),
            when_type("programmatic_tool_calling", {"enabled": flag("Default: true")}),
            when_type("computer_use", {"include_screenshots": flag("Default: false")}),
            when_type("automations", {}),
            when_type("image_generation", _image_generation()),
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


def _function() -> Schema:
    return {
        "function": tool_function(),
        "defer_loading": flag("Let tool_search find it, instead of showing it at once"),
        "async": flag("The agent goes on while the function works"),
    }


def _web_search() -> Schema:
    domain = text("A domain", pattern=HOST, maxLength=253, **{"x-means": HOST_MEANS})
    location = {
        "city": text("The city", minLength=1),
        "country": text(
            "Its two letters",
            pattern="^[A-Z]{2}$",
            **{"x-means": "the two capital letters of a country, e.g. DE"},
        ),
        "region": text("The region or state", minLength=1),
        "timezone": text("The time zone, e.g. Europe/Berlin", minLength=1),
    }
    return {
        "allowed_domains": listing("Domains to search; default: all", domain, uniqueItems=True),
        "context_size": choice("How much of what is found the model sees", "low", "medium", "high"),
        "location": mapping("Where the user is, about", location),
        "mode": choice("live: the web of now; cached: stored pages", "live", "cached", "disabled"),
    }


def _mcp() -> Schema:
    properties = {
        "server_label": text("What the server is called in calls", minLength=1),
        "server_url": text(
            "Where the server is",
            pattern=_URL,
            **{"x-means": "an address that starts with https:// or http://"},
        ),
        "stdio": _stdio(),
        "server_description": text("What the server is for; the model reads this", minLength=1),
        "headers": _headers(),
        "allowed_tools": words("The server's tools that may be called; default: all", "A tool"),
        "require_approval": choice("Whether calls wait for an approval", "always", "never"),
        "connection_origin": choice("Who connects to the server", "service", "environment"),
        "credential": reference("A name from credentials, or an ID", id_example="cred_abc123"),
        "required": flag("Whether the server has to be there before the first turn"),
        "request_metadata": {"type": "object", "description": "Sent along with each request"},
        "defer_loading": flag("Let tool_search find its tools, instead of showing them at once"),
    }
    rule = when_type("mcp", properties, required=("server_label",))
    rule["then"]["allOf"] = [exactly_one("server_url", "stdio")]
    rule["then"]["dependentRequired"] = {"headers": ["server_url"]}
    return rule


def _stdio() -> Schema:
    variable = text("A name", pattern=VARIABLE, **{"x-means": VARIABLE_MEANS})
    properties = {
        "command": text("The program", minLength=1),
        "args": listing("Its arguments", text("An argument")),
        "cwd": text("The folder to start it in", pattern=ABSOLUTE, **{"x-means": ABSOLUTE_MEANS}),
        "env_vars": listing("Variables of the environment to pass on", variable, uniqueItems=True),
    }
    return mapping(
        "A server that is started in the agent's environment",
        properties,
        required=("command", "cwd"),
    )


def _headers() -> Schema:
    return {
        "type": "object",
        "description": "HTTP headers for the server; secrets go into credentials",
        "propertyNames": {"pattern": _HEADER, "x-means": "letters, digits and '-', without blanks"},
        "additionalProperties": {"type": "string"},
    }


def _image_generation() -> Schema:
    return {
        "action": choice("What to do; default: auto", "generate", "edit", "auto"),
        "background": choice("The background; default: auto", "transparent", "opaque", "auto"),
        "input_fidelity": choice("How closely input images are kept to", "high", "low"),
        "model": text("The image model", minLength=1),
        "moderation": choice("How strictly images are moderated; default: auto", "auto", "low"),
        "output_compression": number("In percent; default: 100", 0, 100, kind="integer"),
        "output_format": choice("The format; default: png", "png", "webp", "jpeg", "gif", "svg"),
        "partial_images": number("Unfinished images to stream", 0, 3, kind="integer"),
        "quality": choice(
            "The quality; default: auto", "low", "medium", "high", "xhigh", "max", "auto"
        ),
        "size": text(
            "The size, e.g. 1024x1024; default: auto",
            pattern="^(auto|[1-9][0-9]*x[1-9][0-9]*)$",
            **{"x-means": "auto, or width and height, e.g. 1024x1024"},
        ),
    }
