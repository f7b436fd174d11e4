"""Documents to declarations: validate each file, merge them all, refuse an address given twice.

What is flawed is reported and then left out, so that the rest can still be built and checked: all
problems at once, no echoes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from retinue.address import Address
from retinue.manifest.context import Context, Declaration
from retinue.manifest.discover import Manifests
from retinue.manifest.interpolate import interpolate
from retinue.manifest.keys import holds_key
from retinue.manifest.leaks import leaks_by_variables
from retinue.manifest.model import Json
from retinue.manifest.spots import Document
from retinue.manifest.validate import all_flaws, unreported
from retinue.manifest.wording import KINDS, described
from retinue.problem import KeyPath


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a ``moved:`` or ``removed:`` list, as written."""

    document: Document
    path: KeyPath
    value: dict[str, Any]


def declare(context: Context, manifests: Manifests) -> tuple[list[Entry], list[Entry]]:
    """Fill ``context.declared``; return the entries of ``moved:`` and ``removed:``."""
    moved: list[Entry] = []
    removed: list[Entry] = []
    for file, document in manifests:
        sound = _checked(context, document)
        if sound is None:
            continue
        _declare_resources(context, sound, file.folder)
        moved += _entries(sound, "moved")
        removed += _entries(sound, "removed")
    return moved, removed


def _checked(context: Context, document: Document) -> Document | None:
    """Interpolate and validate; return the document without what is flawed."""
    raw, document = document, interpolate(document, context.scope)
    context.problems += document.problems
    if document.templated and any(map(holds_key, filter(None, context.scope.variables.values()))):
        context.problems += leaks_by_variables(raw, document.value)
    if document.broken:
        return None
    if not isinstance(document.value, dict):
        context.report(
            "NOT-MAPPING",
            document.place(),
            f"a manifest is a mapping of sections, not {described(document.value)}",
            "start it with a section, e.g. assistants:",
        )
        return None
    found = all_flaws(document, "manifest")
    context.problems += (flaw.problem for flaw in unreported(document, found))
    return replace(document, value=pruned(document.value, (flaw.path for flaw in found)))


def pruned(value: Json, paths: Iterable[KeyPath]) -> Json:
    """Return ``value`` without the parts at ``paths``; a part of a list becomes None.

    A resource itself stays, whatever is wrong with it: it is still declared.
    """
    for path in paths:
        value = _without(value, path, 0)
    return value


def _without(value: Json, path: KeyPath, depth: int) -> Json:
    """Copy the way down to the part and leave the part out. Shared parts are never changed."""
    if depth == len(path):
        return _left(value, path)
    step = path[depth]
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        inner = _without(value[step], path, depth + 1)
        rest = {key: each for key, each in value.items() if key != step}
        return rest if inner is None else {**value, step: inner}
    if isinstance(value, list) and isinstance(step, int):
        return [
            _without(each, path, depth + 1) if index == step else each
            for index, each in enumerate(value)
        ]
    return value


def _left(value: Json, path: KeyPath) -> Json:
    """Return what is left of a part that is flawed as a whole: None for nothing."""
    if not path:
        return value
    if len(path) == 2 and path[0] in KINDS:
        return value if isinstance(value, dict) else {}
    return None


def _declare_resources(context: Context, document: Document, folder: str) -> None:
    sections: Any = document.value
    for section, kind in KINDS.items():
        for name, value in sections.get(section, {}).items():
            declaration = Declaration(Address(kind, name), value, document, (section, name), folder)
            _declare_one(context, declaration)


def _declare_one(context: Context, declaration: Declaration) -> None:
    first = context.declared.setdefault(declaration.address, declaration)
    if first is not declaration:
        context.report(
            "DUPLICATE-ADDRESS",
            declaration.places.at(),
            f"{declaration.address} is declared twice; first at {first.places.at()}",
            "rename or remove one of the two",
        )


def _entries(document: Document, section: str) -> list[Entry]:
    sections: Any = document.value
    return [
        Entry(document, (section, index), entry)
        for index, entry in enumerate(sections.get(section, []))
        if isinstance(entry, dict)
    ]
