"""What the rows of `refusals.RULES` are made of: how each finds what its target does not take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    FileSearch,
    FunctionTool,
    Mcp,
    PlainTool,
    Tool,
    WebSearch,
)
from retinue.manifest.tools import tool_type
from retinue.problem import KeyPath

Found: TypeAlias = Iterator[tuple[KeyPath, str]]
"""Where it stands in the assistant, and what it is, as the object of a sentence."""

Test: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that ``target`` does not take. ``subject`` names it, the same for all targets;
    ``way`` is a way out of its own, besides the general ones; ``most`` is how much it takes."""

    target: str
    code: str
    subject: str
    find: Callable[[Assistant], Found]
    way: str = ""
    most: int | None = None

    @property
    def verdict(self) -> str:
        """The end of the sentence."""
        if self.most is None:
            return f", which target {self.target} can't express"
        return f"; target {self.target} takes {self.most:,} at most"

    @property
    def ways(self) -> list[str]:
        """The ways out that fit this rule alone."""
        return [*([self.way] if self.way else []), "use less" if self.most else "leave it out"]


def field(target: str, name: str, way: str = "") -> Rule:
    """A key of the assistant, whatever its value."""

    def find(assistant: Assistant) -> Found:
        bound = {"environment": assistant.environment, "vaults": assistant.vaults}
        if name in assistant.fields or bound.get(name) is not None:
            yield (name,), name

    return Rule(target, "RTN-TARGET-FIELD", name, find, way)


def tool(target: str, type_: str, way: str = "") -> Rule:
    """A type of tool."""

    def find(assistant: Assistant) -> Found:
        for index, each in enumerate(assistant.tools or ()):
            if tool_type(each) == type_:
                yield ("tools", index), f"the tool {_written(each)}"

    return Rule(target, "RTN-TARGET-TOOL", f"tool {type_}", find, way)


def _written(tool: Tool) -> str:
    """The type of a tool in the words of its manifest."""
    return "retrieval" if isinstance(tool, FileSearch) and tool.retrieval else tool_type(tool)


def _anything(value: Any) -> bool:
    return value is not None


def option(
    target: str, type_: str, name: str, way: str = "", *, when: Test = _anything, what: str = ""
) -> Rule:
    """Something that a tool says; ``what`` stands for it where its name would not be true."""

    def find(assistant: Assistant) -> Found:
        for index, each in enumerate(assistant.tools or ()):
            if tool_type(each) == type_ and when(_said(each).get(name)):
                yield ("tools", index, name), what or f"{name} of the tool {_name(each)}"

    return Rule(target, "RTN-TARGET-OPTION", what or f"{type_}.{name}", find, way)


def _said(tool: Tool) -> Mapping[str, Any]:
    """What a manifest says of a tool, by key."""
    match tool:
        case CodeInterpreter(files=files):
            return {"files": files}
        case FileSearch(vector_store=store, options=options, unresolved=unresolved):
            return {"vector_store": store or unresolved or None, **options}
        case FunctionTool(definition=definition, options=options):
            return {**definition, **options}
        case Mcp(credential=credential, options=options):
            return {"credential": credential, **options}
        case WebSearch(options=options) | PlainTool(definition=options):
            return options


def _name(tool: Tool) -> str:
    match tool:
        case FunctionTool(definition=definition):
            return str(definition.get("name"))
        case Mcp(label=label):
            return label
        case _:
            return tool_type(tool)


def format_(target: str, what: str, when: Test, way: str = "") -> Rule:
    """A form of answers; ``when`` is asked about the mapping of `response_format`."""

    def find(assistant: Assistant) -> Found:
        written = assistant.fields.get("response_format")
        if isinstance(written, Mapping) and when(written):
            yield ("response_format",), f"a response_format {what}"

    return Rule(target, "RTN-TARGET-OPTION", f"response_format {what}", find, way)


def schema_of(written: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a format says of its JSON Schema; None for another format."""
    body: Mapping[str, Any] | None = written.get("json_schema")
    return body


def without_schema(written: Mapping[str, Any]) -> bool:
    """Whether a format promises a JSON Schema and has none."""
    body = schema_of(written)
    return body is not None and "schema" not in body


def limit(
    target: str, name: str, most: int, unit: str, *, by: Callable[[Any], int] = len, way: str = ""
) -> Rule:
    """A field, or the tools, of which there can be too much."""

    def find(assistant: Assistant) -> Found:
        value: Any = assistant.tools if name == "tools" else assistant.fields.get(name)
        if value is not None and (size := by(value)) > most:
            yield (name,), f"{name} of {size:,} {unit}"

    return Rule(target, "RTN-TARGET-LIMIT", f"{name}, in {unit}", find, way, most)


def code_files(target: str, most: int) -> Rule:
    """The files of one code_interpreter."""

    def find(assistant: Assistant) -> Found:
        for index, each in enumerate(assistant.tools or ()):
            size = len(each.files or ()) if isinstance(each, CodeInterpreter) else 0
            if size > most:
                yield ("tools", index, "files"), f"a code_interpreter with {size} files"

    return Rule(target, "RTN-TARGET-LIMIT", "files of code_interpreter", find, most=most)


def size_of_tools(tools: tuple[Tool, ...]) -> int:
    """The size of tools as compact JSON, as far as it is known before references have their IDs."""
    # Here, for it brings the kinds along, which nothing else of a validation needs.
    from retinue.targets import agent_tools

    known = (FunctionTool, WebSearch, Mcp, PlainTool)
    compiled = [agent_tools.compiled(tool) for tool in tools if isinstance(tool, known)]
    text = json.dumps(compiled, ensure_ascii=False, separators=(",", ":"), default=str)
    return len(text.encode("utf-8", "surrogatepass"))
