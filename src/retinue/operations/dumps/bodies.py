"""What a manifest says of an assistant, and only what its schema allows. Pure.

What does not fit is left out and said, so that a written manifest can always be read.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from retinue.manifest.spots import NOWHERE, Document
from retinue.manifest.validate import flaws
from retinue.operations.dumps.modern import OWN_STORE, Modern
from retinue.operations.dumps.report import Remark
from retinue.problem import KeyPath, Problem
from retinue.targets.export import assistant_body

_ROUNDS: Final = 12
"""Leaving something out can leave something unfit around it; there are not that many levels."""


class Unfit(Exception):
    """Nothing of the assistant would be left; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def manifest_of(assistant: str, store: str, found: Modern) -> tuple[dict[str, Any], list[Remark]]:
    """The document that declares an assistant, and its own vector store under the name ``store``.

    Raises:
        Unfit: it can't be declared at all.
    """
    body = assistant_body(found.values, {OWN_STORE: store})
    document: dict[str, Any] = {"assistants": {assistant: body}}
    if found.own_files is not None:
        files = [{"id": file} for file in found.own_files]
        document["vector_stores"] = {store: {**found.own_store, "files": files}}
    return _fitting(document)


def _fitting(document: dict[str, Any]) -> tuple[dict[str, Any], list[Remark]]:
    """``document`` without what the schema refuses, and what that was."""
    document = copy.deepcopy(document)
    remarks: list[Remark] = []
    for _ in range(_ROUNDS):
        found = flaws(Document("", document, NOWHERE), "manifest")
        if not found:
            break
        # From the back, so that the indexes of what is left still stand.
        for flaw in sorted(found, key=lambda each: _order(each.path), reverse=True):
            if len(flaw.path) < 3:
                raise Unfit(flaw.problem)
            if _remove(document, flaw.path):
                message = f"left out, for {flaw.problem.message}"
                remarks.append(Remark("dropped", dotted(flaw.path[2:]), message))
    return document, remarks


def _order(path: KeyPath) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in path)


def _remove(document: Any, path: KeyPath) -> bool:
    """Take out what is at ``path``; whether it was still there."""
    around = document
    try:
        for step in path[:-1]:
            around = around[step]
        del around[path[-1]]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def dotted(path: KeyPath) -> str:
    """A path as people write it: tools[0].function.name."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def references(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Field and ID of every object that a document refers to by its ID, in order."""
    return [
        (dotted(path), object_id)
        for section in ("assistants", "vector_stores")
        for name, body in document.get(section, {}).items()
        for path, object_id in _ids(body, () if section == "assistants" else (section, name))
    ]


def _ids(value: Any, path: KeyPath) -> list[tuple[KeyPath, str]]:
    """Only where references stand: the schemas of functions may have an ``id`` of their own."""
    found: list[tuple[KeyPath, str]] = []
    for index, tool in enumerate(value.get("tools", ())):
        kind = tool.get("type")
        files = tool.get("files", ()) if kind == "code_interpreter" else ()
        found += [((*path, "tools", index, "files"), each["id"]) for each in files]
        store = tool.get("vector_store") if kind == "file_search" else None
        if isinstance(store, dict):
            found.append(((*path, "tools", index, "vector_store"), store["id"]))
    found += [((*path, "files"), each["id"]) for each in value.get("files", ())]
    return found
