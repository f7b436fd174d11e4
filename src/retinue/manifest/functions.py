"""Building functions: inline or from a file, valid JSON Schema, and OpenAI's strict rule.

A function's file is taken verbatim: no interpolation, since programs read the same file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from retinue.address import Address
from retinue.manifest.context import Context, Declaration
from retinue.manifest.handlers import build_handler
from retinue.manifest.model import Function, FunctionTool, Json
from retinue.manifest.references import named
from retinue.manifest.schema_functions import FUNCTION_NAME
from retinue.manifest.spots import Document, PartPlaces
from retinue.manifest.strict import check_strict
from retinue.manifest.validate import flaws
from retinue.manifest.wording import described
from retinue.problem import KeyPath


@dataclass(frozen=True, slots=True)
class _Found:
    """A definition and where it stands."""

    value: dict[str, Any]
    document: Document
    path: KeyPath


def build_functions(context: Context) -> None:
    """Add every declared function to ``context.resources``."""
    for owner in context.of_kind("function"):
        definition = {key: each for key, each in owner.value.items() if key != "handler"}
        found = _find(context, owner, definition)
        if found is None:
            continue
        _check_parameters(context, found)
        context.resources[owner.address] = Function(
            address=owner.address,
            definition=_with_name(context, owner, found.value),
            handler=build_handler(owner.value.get("handler")),
            places=PartPlaces(found.document, found.path),
        )


def function_tool(
    context: Context,
    owner: Declaration,
    value: Any,
    options: dict[str, Json],
    *path: str | int,
) -> FunctionTool | None:
    """Build the tool for what an assistant writes at ``path``: a name, ``{file: …}``, inline."""
    if isinstance(value, str):
        address = named(context, owner, "function", value, *path)
        return _declared_tool(context, address, options) if address else None
    found = _find(context, owner, value, *path)
    if found is None:
        return None
    _check_parameters(context, found)
    if "name" not in found.value:
        context.report(
            "REQUIRED",
            owner.places.at(*path),
            "the function has no 'name'",
            "add name: …, or declare it under functions: and refer to it",
        )
    return FunctionTool(found.value, options=options)


def _declared_tool(
    context: Context, address: Address, options: dict[str, Json]
) -> FunctionTool | None:
    function = context.resources.get(address)
    if isinstance(function, Function):
        return FunctionTool(function.definition, address, options)
    return None  # it has problems of its own


def _find(
    context: Context, owner: Declaration, value: dict[str, Any], *path: str | int
) -> _Found | None:
    """Return the definition that ``value`` is or names, None after reporting why there is none."""
    if "file" not in value:
        return _Found(value, owner.document, owner.places.whole(*path))
    located = context.locate(owner, value["file"], *path, "file")
    return _from_file(context, context.document(located)) if located else None


def _from_file(context: Context, document: Document) -> _Found | None:
    """Read a definition's file, with or without ``{"type": "function", "function": …}`` around."""
    context.problems += document.problems
    if document.broken:
        return None
    value: Json = document.value
    path: KeyPath = ()
    if isinstance(value, dict) and value.get("type") == "function" and "function" in value:
        value, path = value["function"], ("function",)
    if not isinstance(value, dict):
        context.report(
            "TYPE",
            document.place(path),
            f"a function is a mapping with a name, not {described(value)}",
        )
        return None
    found = flaws(document, "function", value=value, path=path)
    context.problems += (flaw.problem for flaw in found)
    return None if found else _Found(value, document, path)


def _with_name(
    context: Context, owner: Declaration, definition: dict[str, Json]
) -> dict[str, Json]:
    """Let the key stand for a name that is not given."""
    if "name" in definition:
        return definition
    if not re.fullmatch(FUNCTION_NAME, owner.address.name):
        context.report(
            "REQUIRED",
            owner.places.at(),
            f"{owner.address} has no 'name', and its key can't be the name of a function",
            "add name: …",
        )
    return {"name": owner.address.name, **definition}


def _check_parameters(context: Context, found: _Found) -> None:
    """The parameters must be JSON Schema, and obey OpenAI's rule when the function is strict."""
    parameters = found.value.get("parameters")
    if not isinstance(parameters, dict):
        return
    path = (*found.path, "parameters")
    check_schema(
        context, found.document, path, parameters, strict=found.value.get("strict") is True
    )


def check_schema(
    context: Context, document: Document, path: KeyPath, schema: dict[str, Json], *, strict: bool
) -> None:
    """Report where ``schema``, at ``path``, is no JSON Schema, or breaks the strict rule."""
    found = flaws(document, "json-schema", value=schema, path=path)
    context.problems += (flaw.problem for flaw in found)
    if strict and not found:
        context.problems += check_strict(document, path, schema)
