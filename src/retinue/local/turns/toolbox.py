"""Built-in tools as functions for the model, and the model's calls as built-in tools again. Pure.

A chat-completions server knows functions only. The search and the interpreter are offered under
names that no function of the client has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from retinue.local.turns.citations import mark
from retinue.local.turns.items import (
    Choice,
    CodeInterpreter,
    FileSearch,
    Function,
    Hit,
    Json,
    Kind,
    Logs,
    Made,
    Tool,
    ToolCall,
)
from retinue.local.turns.ports import Definition

_SEARCH_TEXT = (
    "Search the documents of this conversation for passages about a query. Every passage comes "
    "under a mark like 【0:0†name】. Cite a passage that you use by repeating its mark, unchanged, "
    "after the sentence that it supports."
)
_CODE_TEXT = (
    "Run Python code and get what it prints, or the value of its last expression. Files are in "
    "/mnt/data; write files for the user there and link them as sandbox:/mnt/data/NAME. "
    "Variables and files stay from call to call. There is no network."
)


def _one_text(name: str, means: str) -> Json:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": means}},
        "required": [name],
        "additionalProperties": False,
    }


_QUERY = _one_text("query", "What to look for, in a few words or a sentence.")
_CODE = _one_text("code", "The Python code.")


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one turn under the names that the model uses."""

    functions: tuple[Function, ...]
    search: FileSearch | None
    interpreter: CodeInterpreter | None
    search_name: str
    code_name: str

    @classmethod
    def of(cls, tools: Sequence[Tool]) -> Toolbox:
        """Arrange ``tools``; of a built-in tool the last one counts."""
        functions = tuple(tool for tool in tools if isinstance(tool, Function))
        taken = {function.name for function in functions}
        return cls(
            functions,
            next((tool for tool in reversed(tools) if isinstance(tool, FileSearch)), None),
            next((tool for tool in reversed(tools) if isinstance(tool, CodeInterpreter)), None),
            _free("file_search", taken),
            _free("python", taken),
        )

    def definitions(self) -> tuple[Definition, ...]:
        """What the model is offered."""
        offered = [
            Definition(each.name, each.description, each.parameters, each.strict)
            for each in self.functions
        ]
        if self.search:
            offered.append(Definition(self.search_name, _SEARCH_TEXT, _QUERY))
        if self.interpreter:
            offered.append(Definition(self.code_name, self._code_text(), _CODE))
        return tuple(offered)

    def _code_text(self) -> str:
        names = [each.name for each in self.interpreter.files] if self.interpreter else []
        return f"{_CODE_TEXT} Files there now: {', '.join(names)}." if names else _CODE_TEXT

    def kind_of(self, name: str) -> Kind:
        """Which kind of tool the model means by ``name``. An unknown one counts as a function."""
        if self.search and name == self.search_name:
            return "file_search"
        if self.interpreter and name == self.code_name:
            return "code_interpreter"
        return "function"

    def name_of(self, kind: Kind) -> str:
        """The name of a built-in tool."""
        return self.search_name if kind == "file_search" else self.code_name

    def choice(self, wanted: Choice) -> Choice:
        """``wanted`` in the model's words: a named tool is always a function."""
        if wanted.kind in ("auto", "none", "required", "function"):
            return wanted
        name = self.search_name if wanted.kind == "file_search" else self.code_name
        return Choice("function", name)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"builtin_{name}"
    return name


def text_argument(arguments: str, key: str) -> str:
    """The one text that a built-in tool takes. Models that send it bare are understood, too."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return arguments
    if isinstance(value, dict):
        found = value.get(key)
        if found is None and len(value) == 1:
            found = next(iter(value.values()))
        return found if isinstance(found, str) else ""
    return value if isinstance(value, str) else arguments


def query_of(call: ToolCall) -> str:
    """What a search looks for."""
    return text_argument(call.arguments, "query")


def code_of(call: ToolCall) -> str:
    """The code of an interpreter's call."""
    return text_argument(call.arguments, "code")


def found_text(search: int, hits: Sequence[Hit]) -> str:
    """The passages of search number ``search`` as the model reads them."""
    if not hits:
        return "No passage was found."
    return "\n\n".join(
        f"{mark(search, place, hit.filename)}\n{hit.text}" for place, hit in enumerate(hits)
    )


def printed_text(outputs: Sequence[Logs | Made]) -> str:
    """What code printed and wrote as the model reads it."""
    pieces = [output.text for output in outputs if isinstance(output, Logs)]
    made = [output for output in outputs if isinstance(output, Made)]
    pieces += [
        f"[the image {each.name} is shown to the user]"
        if each.image
        else f"[written: sandbox:/mnt/data/{each.name}]"
        for each in made
    ]
    return "\n".join(pieces) or "[nothing was printed]"
