"""New files before they are written: what `retinue validate` will say of them on each target."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from retinue.errors import ManifestError
from retinue.manifest.schema_project import TARGETS
from retinue.manifest.source import parse
from retinue.manifest.spots import Spot
from retinue.manifest.writer import to_yaml
from retinue.operations.declared import declared
from retinue.operations.dumps.bodies import dotted
from retinue.operations.dumps.parcel import Parcel
from retinue.operations.dumps.records import Note, Origin
from retinue.operations.dumps.report import NewFile, Remark, Taken
from retinue.operations.dumps.writing import write
from retinue.problem import KeyPath, Problem
from retinue.project import Project

_DECLARED: Final = "declared-functions.yaml"
"""Holds the project's own functions, which new files may refer to."""


@dataclass(slots=True)
class _Said:
    """Problems, each with the targets on which it was told, and by their file."""

    targets: dict[Problem, set[str]] = field(default_factory=dict)
    by_file: dict[str, list[Problem]] = field(default_factory=dict)

    def add(self, problem: Problem, target: str) -> None:
        if problem not in self.targets:
            below = problem.place.file.partition("/")[2]  # the folder of new files
            self.by_file.setdefault(below, []).append(problem)
        self.targets.setdefault(problem, set()).add(target)

    def on(self, problem: Problem) -> tuple[str, ...]:
        """The targets of a problem, in their order."""
        return tuple(target for target in TARGETS if target in self.targets[problem])


def rehearsed(
    project: Project, parcel: Parcel, functions: Mapping[str, str]
) -> tuple[list[Taken], list[Note]]:
    """The assistants of ``parcel``, with what validation says of each; and what it says of others.

    ``functions``: those of the project, definition to name.
    """
    if not parcel.files:
        return parcel.taken, []
    said = _said(project, parcel, functions)
    texts = {file.path: file.text for file in parcel.files}
    taken = [
        replace(each, remarks=(*each.remarks, *_remarks(each, texts[each.manifest], said)))
        if each.manifest
        else each
        for each in parcel.taken
    ]
    told = {each.manifest for each in parcel.taken} | {_DECLARED}
    others = [(file, each) for file, found in said.by_file.items() for each in found]
    notes = [Note(Origin(file), _sentence(each)) for file, each in others if file not in told]
    return taken, notes


def _said(project: Project, parcel: Parcel, functions: Mapping[str, str]) -> _Said:
    section = {name: json.loads(definition) for definition, name in functions.items()}
    beside = NewFile(_DECLARED, to_yaml({"functions": section}))
    said = _Said()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        write(root / "new", [*parcel.files, beside])
        there = replace(project, root=root, manifests=root / "new")
        for target in TARGETS:
            _validate(there, target, said)
    return said


def _validate(project: Project, target: str, said: _Said) -> None:
    try:
        problems = declared(project, target=target).warnings
    except ManifestError as error:
        problems = error.problems
    for problem in problems:
        said.add(problem, target)


def _sentence(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message


def _remarks(taken: Taken, text: str, said: _Said) -> Iterator[Remark]:
    """What is said of one assistant, with the fields that stand where it was said."""
    fields = {at: dotted(path[2:]) for path, at in _places(parse(text, "").spot, ())}
    own = re.compile(rf"^{re.escape(str(taken.address))}:? ")
    for problem in said.by_file.get(taken.manifest, ()):
        at = fields.get((problem.place.line, problem.place.column), "")
        message = own.sub("", problem.message)
        yield Remark("decide", at, message, said.on(problem), problem.hint or "")


def _places(spot: Spot, path: KeyPath) -> Iterator[tuple[KeyPath, tuple[int, int]]]:
    """Where every part of a document stands; outer ones last, as they begin where inner ones do."""
    entries = spot.entries or {}
    inner = entries.items() if isinstance(entries, dict) else enumerate(entries)
    for step, child in inner:
        yield from _places(child, (*path, step))
    for key, at in (spot.keys or {}).items():
        yield (*path, key), at
    yield path, spot.at
