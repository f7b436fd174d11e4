"""Fields that are indented too little: they stand beside the resource that they are meant for.

YAML then says that the resource is empty, and that each field is a resource of its own. All of
that is one mistake, and told as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retinue.manifest.explain import Flaw
from retinue.manifest.model import Json
from retinue.manifest.schema_parts import Schema
from retinue.manifest.spots import Document
from retinue.manifest.suggest import listed
from retinue.manifest.wording import KINDS
from retinue.problem import KeyPath, Problem


def told_once(document: Document, found: list[Flaw], schema: Schema) -> list[Flaw]:
    """Give the flaws of an empty resource, and of the fields beside it, one and the same problem.

    ``schema`` is that of manifests. The flaws stay: none of these parts can be used.
    """
    meant = _meant(document.value, found, schema)
    if not meant:
        return found
    problems = {name: _problem(document, name, fields) for name, fields in meant.items()}
    owners = {path: name for name, fields in meant.items() for path in (name, *fields)}
    return [
        replace(flaw, problem=problems[owners[flaw.path[:2]]]) if flaw.path[:2] in owners else flaw
        for flaw in found
    ]


def _meant(value: Json, found: list[Flaw], schema: Schema) -> dict[KeyPath, list[KeyPath]]:
    """The paths of empty resources, each with those of the fields that were meant for it."""
    if not isinstance(value, dict):
        return {}
    flawed = {flaw.path[:2] for flaw in found}
    meant: dict[KeyPath, list[KeyPath]] = {}
    for section in KINDS:
        entries = value.get(section)
        if isinstance(entries, dict):
            fields = schema["properties"][section]["additionalProperties"]["properties"]
            meant |= _beside(section, entries, fields, flawed)
    return meant


def _beside(
    section: str, entries: Mapping[str, Json], fields: Mapping[str, Any], flawed: set[KeyPath]
) -> dict[KeyPath, list[KeyPath]]:
    found: dict[KeyPath, list[KeyPath]] = {}
    owner: list[KeyPath] | None = None
    for name, entry in entries.items():
        path = (section, name)
        if entry is None and path in flawed:
            owner = found[path] = []
        elif owner is not None and name in fields and path in flawed:
            owner.append(path)
        else:
            owner = None
    return {
        path: stray
        for path, stray in found.items()
        if any(not isinstance(entries[str(name)], dict) for _, name in stray)
    }


def _problem(document: Document, path: KeyPath, fields: list[KeyPath]) -> Problem:
    section, name = path
    names = listed(str(field) for _, field in fields)
    return Problem(
        code="RTN-MANIFEST-TYPE",
        place=document.place(path),
        message=f"{KINDS[str(section)]}.{name} is empty: "
        f"what stands below it is indented too little ({names})",
        hint=f"indent the lines of {name} deeper than its name",
    )
