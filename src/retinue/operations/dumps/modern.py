"""Every generation of the API in one form: an assistant as version 2 would return it. Pure.

What has no place there is said field by field, never dropped without a word. The first API's
retrieval becomes file_search, with a vector store of the assistant's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from retinue.kinds.marker import KEY as MARK
from retinue.kinds.marker import without_marker
from retinue.manifest.schema_functions import FUNCTION_NAME
from retinue.manifest.schema_parts import USER_METADATA
from retinue.manifest.schema_tools import TOOL_TYPES
from retinue.operations.dumps.report import Remark
from retinue.targets.assistants import ASSISTANT

OWN_STORE: Final = "(own vector store)"
"""Stands in ``vector_store_ids`` for the store that is declared beside the assistant."""

CODE_FILES: Final = 20
"""Files that code_interpreter of the Assistants API takes."""

_IDENTITY: Final = ("id", "object", "created_at")
_FIELDS: Final = (
    *("name", "description", "model", "instructions", "metadata"),
    *("temperature", "top_p", "reasoning_effort", "response_format"),
)
_SHAPES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    **dict.fromkeys(
        ("name", "description", "model", "instructions", "reasoning_effort"), ((str,), "text")
    ),
    **dict.fromkeys(("temperature", "top_p"), ((int, float), "number")),
}
_OWN_RANKERS: Final = ("auto", "default_2024_08_21", None)
_OLD_TOOLS: Final = ("code_interpreter", "file_search", "function")
_HANDLED: Final = (*_IDENTITY, *_FIELDS, "tools", "tool_resources", "file_ids")


@dataclass(frozen=True, slots=True)
class Modern:
    """An assistant in the form of version 2. ``own_files``: the files of `OWN_STORE`, None where
    there is no such store; ``own_store`` what else is known of it."""

    values: Mapping[str, Any]
    own_files: tuple[str, ...] | None = None
    own_store: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def modern(values: Mapping[str, Any]) -> Modern:
    """Bring the fields of an assistant into the form of version 2."""
    remarks = [*_identity(values), *_unknown(values)]
    plain = _fields(values, remarks)
    if "metadata" in plain:
        plain["metadata"] = _metadata(plain["metadata"], remarks)
    if isinstance(plain.get("response_format"), dict):
        plain["response_format"] = _response_format(plain["response_format"])
    tools = _Tools(values, remarks)
    tools.read()
    remarks += _defaults(plain, tools.defaults)
    plain |= {"tools": tools.tools, "tool_resources": tools.resources}
    return Modern(plain, tools.own_files, tools.own_store, tuple(remarks))


def _identity(values: Mapping[str, Any]) -> Iterator[Remark]:
    found = [key for key in _IDENTITY if values.get(key) not in (None, "")]
    if found:
        yield Remark("dropped", ", ".join(found), "the platform gives new ones", routine=True)


def _defaults(plain: Mapping[str, Any], of_tools: Sequence[str]) -> Iterator[Remark]:
    """What the API filled in, which a manifest leaves out."""
    attributes = ASSISTANT.attributes
    found = [key for key, value in plain.items() if value and value == attributes[key].default]
    if said := dict.fromkeys([*found, *of_tools]):
        message = "the API's defaults, which hold without them"
        yield Remark("dropped", ", ".join(said), message, routine=True)


def _unknown(values: Mapping[str, Any]) -> Iterator[Remark]:
    for key, value in values.items():
        if key not in _HANDLED and value not in (None, "", [], {}):
            yield Remark("dropped", key, "no field of an assistant that Retinue knows")


def _fields(values: Mapping[str, Any], remarks: list[Remark]) -> dict[str, Any]:
    """The plain fields that say something, and are what they have to be."""
    found = {key: values[key] for key in _FIELDS if values.get(key) not in (None, "")}
    for key, (kinds, what) in _SHAPES.items():
        if key in found and (not isinstance(found[key], kinds) or isinstance(found[key], bool)):
            remarks.append(Remark("dropped", key, f"it is no {what}"))
            del found[key]
    return found


def _metadata(metadata: Any, remarks: list[Remark]) -> Any:
    if not isinstance(metadata, dict):
        return metadata
    if MARK in metadata:
        message = "a marker of Retinue's; the next apply writes its own"
        remarks.append(Remark("dropped", f"metadata.{MARK}", message))
    pairs = list(without_marker(metadata).items())
    for key, _ in pairs[USER_METADATA:]:
        message = f"a platform keeps 16 pairs, and one is Retinue's marker: {USER_METADATA} stay"
        remarks.append(Remark("dropped", f"metadata.{key}", message))
    return dict(pairs[:USER_METADATA])


def _response_format(written: Mapping[str, Any]) -> dict[str, Any]:
    """Without the nulls that the SDK shows for what nobody set."""
    result = {key: value for key, value in written.items() if value is not None}
    inner = result.get("json_schema")
    if isinstance(inner, dict):
        result["json_schema"] = {key: value for key, value in inner.items() if value is not None}
    return result


class _Tools:
    """Reads tools, tool_resources and the first API's file_ids together."""

    def __init__(self, values: Mapping[str, Any], remarks: list[Remark]) -> None:
        self._written = values.get("tools")
        self._given = _mapping(values.get("tool_resources"))
        self._files = _ids(values.get("file_ids"))
        self._remarks = remarks
        self.tools: list[dict[str, Any]] = []
        self.defaults: list[str] = []
        self.resources: dict[str, dict[str, Any]] = {}
        self.own_files: tuple[str, ...] | None = None
        self.own_store: Mapping[str, Any] = {}

    def read(self) -> None:
        for index, tool in enumerate(self._list(self._written)):
            self._tool(tool, f"tools[{index}]")
        self._code_files()
        self._stores()
        self._without_reader()

    def _list(self, written: Any) -> Sequence[Any]:
        if written is None or isinstance(written, list):
            return written or ()
        self._say("dropped", "tools", "not a list of tools")
        return ()

    def _tool(self, written: Any, at: str) -> None:
        tool = {"type": written} if isinstance(written, str) else written
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            self._say("dropped", at, "a tool without a type")
            return
        if tool["type"] not in TOOL_TYPES:
            self._say("dropped", at, f"{tool['type']}: no type of tool that Retinue knows")
            return
        if tool["type"] == "retrieval":
            self._say("changed", at, "the first API's retrieval is now file_search")
            tool = {"type": "file_search"}
        elif tool["type"] == "function":
            tool = _function(tool)
            if tool["function"].get("strict") is False:
                self.defaults.append("tools.function.strict")
        elif tool["type"] == "file_search":
            tool = self._search(tool)
        tool = self._without_extras(tool, at)
        if tool["type"] == "function" and not _callable(tool):
            self._say("dropped", at, "a function without a name that a model can call")
        elif _sort(tool) in map(_sort, self.tools):
            self._say("dropped", at, f"{_sort(tool)} stands there twice")
        else:
            self.tools.append(tool)

    def _search(self, tool: Mapping[str, Any]) -> Mapping[str, Any]:
        """file_search without what the platform filled in: nulls, and its own way to rank."""
        options = tool.get("file_search")
        if not isinstance(options, dict):
            return tool
        kept = {key: value for key, value in options.items() if value is not None}
        if _is_own_ranking(kept.get("ranking_options")):
            del kept["ranking_options"]
            self.defaults.append("tools.file_search.ranking_options")
        return {**tool, "file_search": kept}

    def _without_extras(self, tool: Mapping[str, Any], at: str) -> dict[str, Any]:
        """A tool without nulls, and without keys beside its options, which nobody would read."""
        kept = {key: value for key, value in tool.items() if value not in (None, {})}
        if tool["type"] not in _OLD_TOOLS:
            return kept
        for key, value in list(kept.items()):
            if key != "type" and (key != tool["type"] or not isinstance(value, dict)):
                self._say(
                    "dropped", f"{at}.{key}", f"no field of {tool['type']} as Retinue knows it"
                )
                del kept[key]
        return kept

    @property
    def _types(self) -> set[str]:
        return {tool["type"] for tool in self.tools}

    def _code_files(self) -> None:
        if "code_interpreter" not in self._types:
            return
        given = _ids(_mapping(self._given.get("code_interpreter")).get("file_ids"))
        files = list(dict.fromkeys([*given, *self._files]))
        for file in files[CODE_FILES:]:
            message = f"{file}: the tool takes {CODE_FILES} files, and has them"
            self._say("dropped", "tools.code_interpreter.files", message)
        self.resources["code_interpreter"] = {"file_ids": files[:CODE_FILES]}

    def _stores(self) -> None:
        if "file_search" not in self._types:
            return
        search = _mapping(self._given.get("file_search"))
        stores, helpers = _ids(search.get("vector_store_ids")), search.get("vector_stores")
        for store in stores[1:]:
            message = f"{store}: an assistant searches one vector store, and {stores[0]} is it"
            self._say("dropped", "tools.file_search.vector_store", message)
        if not stores and isinstance(helpers, list) and helpers:
            stores = [self._helped(_mapping(helpers[0]))]
        elif not stores and self._files:
            stores = [self._own()]
        self.resources["file_search"] = {"vector_store_ids": stores[:1]}

    def _own(self) -> str:
        """The first API searched the assistant's files without a vector store."""
        self.own_files = tuple(self._files)
        message = "searched in a vector store of the assistant's own, declared beside it"
        self._say("changed", "file_ids", message)
        return OWN_STORE

    def _helped(self, helper: Mapping[str, Any]) -> str:
        """A store as the body of a create request described it."""
        self.own_files = tuple(_ids(helper.get("file_ids")))
        known = ("metadata", "chunking_strategy")
        self.own_store = {key: helper[key] for key in known if helper.get(key)}
        message = "declared as a vector store beside the assistant"
        self._say("changed", "tool_resources.file_search.vector_stores", message)
        return OWN_STORE

    def _without_reader(self) -> None:
        """Files and stores that no tool of the assistant reads."""
        for tool, slots in self._given.items():
            ids = [i for slot in _mapping(slots).values() for i in _ids(slot)]
            if ids and tool not in self._types:
                message = f"{', '.join(ids)}: the assistant has no {tool} that reads them"
                self._say("dropped", f"tool_resources.{tool}", message)
        if self._files and not self._types & {"code_interpreter", "file_search"}:
            message = f"{', '.join(self._files)}: the assistant has no tool that reads them"
            self._say("dropped", "file_ids", message)
        elif self._files and "code_interpreter" not in self._types and self.own_files is None:
            message = f"{', '.join(self._files)}: the assistant searches a vector store instead"
            self._say("dropped", "file_ids", message)

    def _say(self, kind: Any, at: str, message: str) -> None:
        self._remarks.append(Remark(kind, at, message))


def _function(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A function tool; some write the definition beside the type instead of below it."""
    if isinstance(tool.get("function"), dict):
        return dict(tool)
    inner = {key: value for key, value in tool.items() if key not in ("type", "function")}
    return {"type": "function", "function": inner}


def _callable(tool: Mapping[str, Any]) -> bool:
    name = _mapping(tool.get("function")).get("name")
    return isinstance(name, str) and re.fullmatch(FUNCTION_NAME, name) is not None


def _is_own_ranking(ranking: Any) -> bool:
    """Whether search ranks so where nobody says how."""
    return (
        isinstance(ranking, dict)
        and not ranking.get("score_threshold")
        and ranking.get("ranker") in _OWN_RANKERS
    )


def _sort(tool: Mapping[str, Any]) -> str:
    name = _mapping(tool.get("function")).get("name")
    return f"the function {name!r}" if tool["type"] == "function" else str(tool["type"])


def _ids(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)):
        return []
    return list(dict.fromkeys(item for item in value if isinstance(item, str) and item))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
