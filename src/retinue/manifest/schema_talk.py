"""The JSON Schemas of what stays here: handlers of functions, and checks of assistants."""

from __future__ import annotations

from typing import Final

from retinue.manifest.schema_parts import (
    Schema,
    command_line,
    exactly_one,
    flag,
    listing,
    mapping,
    number,
    text,
)

PYTHON: Final = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_.]*$"
_PYTHON_MEANS: Final = "module:callable, e.g. tools.quiz:display"
TOOL_NAME: Final = (
    "a function that the assistant has, the type of another tool, or an MCP server's label, alone "
    "or as label.tool"
)


def handler() -> Schema:
    """What answers the calls of a function on this machine."""
    properties = {
        "command": command_line(
            "A program and its arguments: gets the call's arguments as JSON on standard input"
        ),
        "python": text(
            "A callable in the project folder, called with the arguments by name",
            pattern=PYTHON,
            **{"x-means": _PYTHON_MEANS},
        ),
        "timeout": number("Seconds it may take; default: 60", 0.1, 3600),
        "allow": flag("Run it without asking; default: false"),
    }
    description = "What answers calls of the function in ask, chat and test; stays on this machine"
    return mapping(description, properties, allOf=[exactly_one("command", "python")])


def checks() -> Schema:
    """What `retinue test` asks an assistant."""
    return listing("What `retinue test` asks, and expects; stays on this machine", _check())


def _check() -> Schema:
    properties: Schema = {
        "name": text("What the check is called; default: its first question", minLength=1),
        "ask": _words("The question, or the turns of a conversation"),
        "contains": _words("Texts that the answer has to contain"),
        "not_contains": _words("Texts that the answer must not contain"),
        "regex": _words("Regular expressions that have to match somewhere in the answer"),
        "json_schema": {
            "type": "object",
            "description": "The answer is JSON that fits this JSON Schema, or that of {file: …}",
        },
        "tool_called": {
            **_tool_called(),
            "type": ["object", "array", "string"],
            "items": {**_tool_called(), "type": ["object", "string"]},
        },
        "cites": _words("Files that the answer refers to: names, paths or addresses"),
        "max_seconds": number("Seconds that the answer may take", 0.1, 3600),
        "max_tokens": number("Tokens that the answer may use", 1, 100_000_000, kind="integer"),
        "judge": _judge(),
        **_repetition(),
        "tags": listing("Words to choose checks by: test --tag", text("A word", minLength=1)),
    }
    return mapping("A question and what is expected of the answer", properties, required=("ask",))


def _repetition() -> Schema:
    return {
        "retries": number(
            "How often a failed sample is asked again; default: 0", 0, 10, kind="integer"
        ),
        "samples": number("How often the question is asked; default: 1", 1, 100, kind="integer"),
        "passes": number(
            "How many samples have to pass; default: all of them", 1, 100, kind="integer"
        ),
    }


def _words(description: str) -> Schema:
    return {
        "type": ["string", "array"],
        "description": f"{description}: a text or a list",
        "minLength": 1,
        "minItems": 1,
        "items": text("A text", minLength=1),
    }


def _tool_called() -> Schema:
    properties = {
        "name": text(TOOL_NAME, minLength=1),
        "arguments": {"type": "object", "description": "Arguments that it has to be called with"},
    }
    return {
        "description": "A tool that has to be used: its name, or {name, arguments}; or a list",
        "minLength": 1,
        "properties": properties,
        "required": ["name"],
        "additionalProperties": False,
    }


def _judge() -> Schema:
    properties = {
        "rubric": text("When the answer is good enough", minLength=1),
        "model": text("The model that decides; default: the assistant's own", minLength=1),
    }
    return mapping("A model decides whether the answer is good", properties, required=("rubric",))
