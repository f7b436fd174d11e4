"""Building checks: names resolved, expressions compiled, schemas looked at."""

from __future__ import annotations

import re
from typing import Any

from retinue.manifest.context import Context, Declaration
from retinue.manifest.functions import check_schema
from retinue.manifest.model import FunctionTool, Mcp, Tool
from retinue.manifest.model_checks import Check, Judge, ToolCalled
from retinue.manifest.suggest import did_you_mean, listed
from retinue.manifest.tools import tool_type
from retinue.manifest.wording import described, shown

_LONGEST_NAME = 60


def build_checks(
    context: Context, owner: Declaration, tools: tuple[Tool, ...] | None
) -> tuple[Check, ...]:
    """The checks of an assistant; what is wrong with one is reported."""
    built: list[Check] = []
    names: set[str] = set()
    for index, value in enumerate(owner.value.get("checks") or ()):
        if not isinstance(value, dict) or "ask" not in value:
            continue
        check = _Builder(context, owner, index, value).check(tools)
        if check.name in names:
            context.report(
                "VALUE",
                owner.places.at("checks", index),
                f"{owner.address} has two checks called {shown(check.name)}",
                "give each a name: of its own",
            )
        names.add(check.name)
        built.append(check)
    return tuple(built)


def _texts(value: Any) -> tuple[str, ...]:
    """A text or a list of them; flawed ones are None by now."""
    if value is None:
        return ()
    return tuple(text for text in ([value] if isinstance(value, str) else value) if text)


class _Builder:
    """One check on its way."""

    def __init__(
        self, context: Context, owner: Declaration, index: int, value: dict[str, Any]
    ) -> None:
        self._context = context
        self._owner = owner
        self._path = ("checks", index)
        self._value = value

    def check(self, tools: tuple[Tool, ...] | None) -> Check:
        value = self._value
        ask = _texts(value["ask"])
        name = value.get("name") or (ask[0] if ask else "?").split("\n")[0][:_LONGEST_NAME]
        samples = value.get("samples", 1)
        return Check(
            name=name,
            ask=ask,
            contains=_texts(value.get("contains")),
            not_contains=_texts(value.get("not_contains")),
            regex=self._expressions(),
            json_schema=self._schema(),
            tool_called=tuple(self._tools(tools)),
            cites=self._cited(),
            max_seconds=value.get("max_seconds"),
            max_tokens=value.get("max_tokens"),
            judge=self._judge(),
            retries=value.get("retries", 0),
            samples=samples,
            passes=self._passes(samples),
            tags=tuple(tag for tag in value.get("tags", ()) if tag),
            place=self._owner.places.at(*self._path),
        )

    def _judge(self) -> Judge | None:
        written = self._value.get("judge") or {}
        if not written.get("rubric"):
            return None
        place = self._owner.places.at(*self._path, "judge", "model")
        return Judge(written["rubric"], written.get("model"), place=place)

    def _report(self, code: str, key: str, message: str, hint: str | None) -> None:
        place = self._owner.places.at(*self._path, key)
        self._context.report(code, place, message, hint)

    def _expressions(self) -> tuple[str, ...]:
        expressions = _texts(self._value.get("regex"))
        for expression in expressions:
            try:
                re.compile(expression)
            except re.error as error:
                message = f"{shown(expression)} is no regular expression: {error}"
                self._report("PATTERN", "regex", message, "in YAML, write it in 'single quotes'")
        return expressions

    def _passes(self, samples: int) -> int:
        passes = int(self._value.get("passes", samples))
        if passes > samples:
            message = f"{passes} of {samples} samples can't pass"
            self._report("RANGE", "passes", message, "raise samples, or lower passes")
        return passes

    def _schema(self) -> dict[str, Any] | None:
        written = self._value.get("json_schema")
        if not isinstance(written, dict):
            return None
        document = self._owner.document
        path = self._owner.places.whole(*self._path, "json_schema")
        if set(written) == {"file"} and isinstance(written["file"], str):
            found = self._context.locate(
                self._owner, written["file"], *self._path, "json_schema", "file"
            )
            if found is None:
                return None
            document, path = self._context.document(found), ()
            self._context.problems += document.problems
            if document.broken or not isinstance(document.value, dict):
                what = f"a JSON Schema is a mapping, not {described(document.value)}"
                if not document.broken:
                    self._context.report("TYPE", document.place(), what)
                return None
            written = document.value
        check_schema(self._context, document, path, written, strict=False)
        return written

    def _tools(self, tools: tuple[Tool, ...] | None) -> list[ToolCalled]:
        written = self._value.get("tool_called")
        entries = written if isinstance(written, list) else [written]
        known = _tool_names(tools or ())
        # A tool that could not be read is reported already, and may be the one that is meant.
        whole = len(tools or ()) == len(self._owner.value.get("tools") or ())
        made = []
        for entry in entries:
            given: Any = {"name": entry} if isinstance(entry, str) else entry
            if not given or "name" not in given:
                continue
            name = given["name"]
            if whole and name not in known and not _of_server(tools or (), name):
                otherwise = f"its tools: {listed(known)}" if known else "give it tools: first"
                self._report(
                    "REFERENCE",
                    "tool_called",
                    f"{self._owner.address} has no tool {name!r}",
                    did_you_mean(name, known, otherwise),
                )
            made.append(ToolCalled(known.get(name, name), given.get("arguments") or {}))
        return made

    def _cited(self) -> tuple[str, ...]:
        cited = _texts(self._value.get("cites"))
        every = (*self._context.resources, *self._context.declared)
        known = {str(each) for each in every if each.kind == "file"}
        for name in cited:
            if name.startswith("file.") and name not in known:
                hint = did_you_mean(name, known, f"files: {listed(known)}" if known else None)
                self._report("REFERENCE", "cites", f"there is no {name}", hint)
        return cited


def _of_server(tools: tuple[Tool, ...], name: str) -> bool:
    """Whether a name is ``label.tool``, of an MCP server whose tools nobody has listed."""
    labels = (
        tool.label
        for tool in tools
        if isinstance(tool, Mcp) and "allowed_tools" not in tool.options
    )
    return any(name.startswith(f"{label}.") and name != f"{label}." for label in labels)


def _tool_names(tools: tuple[Tool, ...]) -> dict[str, str]:
    """How a check may call each tool, and what it is called on the platform."""
    names: dict[str, str] = {}
    for tool in tools:
        if isinstance(tool, FunctionTool):
            name = str(tool.definition.get("name"))
            names[name] = name
            if tool.source is not None:
                names.setdefault(tool.source.name, name)
        elif isinstance(tool, Mcp):
            allowed = tool.options.get("allowed_tools")
            its = allowed if isinstance(allowed, list) else []
            names |= {name: name for name in (tool.label, *(f"{tool.label}.{i}" for i in its))}
        else:
            names[tool_type(tool)] = tool_type(tool)
    return names
