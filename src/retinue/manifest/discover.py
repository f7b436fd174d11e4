"""Finding and reading the manifest files, and telling apart what only looks like one.

Every ``*.yaml`` and ``*.yml`` file under the manifest folder is a manifest, hidden ones excepted,
unless some manifest names it by ``file:`` or ``path:``, or names a folder around it as a skill:
then it is what it is named as (the definition of a function, a file to upload, a part of a skill).
None takes itself away: what it declares would go unseen, and be deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from retinue.manifest.context import Context
from retinue.manifest.model import Json
from retinue.manifest.paths import BadPath, Located, Locator
from retinue.manifest.spots import Document
from retinue.manifest.suggest import did_you_mean
from retinue.problem import Place

Manifests = list[tuple[Located, Document]]

_ENDINGS: Final = (".yaml", ".yml")


def read_manifests(context: Context, folder: Path, declared_at: Place) -> Manifests:
    """Read all manifests under ``folder``, sorted by path.

    ``declared_at`` is the place in the project file that a missing folder is blamed on.
    """
    if not folder.is_dir():
        _no_folder(context, folder, declared_at)
        return []
    read = [(file, context.document(file)) for file in _yaml_files(context, folder)]
    named = {path for file, document in read for path in _named_by(context.locator, file, document)}
    skills = {
        path
        for file, document in read
        for _, path in _skills_of(context.locator, file, document)
        if not file.path.startswith(path)
    }
    manifests = [
        (file, document)
        for file, document in read
        if file.path not in named and not any(file.path.startswith(skill) for skill in skills)
    ]
    for file, document in manifests:
        _check_skills(context, file, document)
    if read and not manifests:
        message = f"the manifests in {context.locator.shown(str(folder))}/ name each other as files"
        hint = "let none name the file of another, or a skill's folder around it"
        context.report("NO-MANIFESTS", declared_at, message, hint)
    elif not manifests:
        message = f"there is no manifest in {context.locator.shown(str(folder))}/"
        hint = "add a file such as team.yaml to it"
        context.report("NO-MANIFESTS", declared_at, message, hint, "warning")
    return manifests


def _no_folder(context: Context, folder: Path, declared_at: Place) -> None:
    near = (entry.name for entry in os.scandir(context.locator.root) if entry.is_dir())
    hint = did_you_mean(folder.name, near, "make it, or set manifests: in retinue.yaml")
    message = f"there is no manifest folder {context.locator.shown(str(folder))}/"
    context.report("FOLDER", declared_at, message, hint)


def _yaml_files(context: Context, folder: Path) -> list[Located]:
    found: list[Located] = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(_ENDINGS) and not name.startswith("."):
                found += _inside(context, where, name)
    return sorted(found, key=lambda file: file.shown)


def _inside(context: Context, folder: str, name: str) -> Iterator[Located]:
    try:
        yield context.locator.file(folder, name)
    except BadPath as error:
        shown = context.locator.shown(f"{folder}{os.sep}{name}")
        context.report_path(error, Place(shown))


def _named_by(locator: Locator, file: Located, document: Document) -> Iterator[str]:
    """Yield the paths of other YAML files that a document names by ``file:`` or ``path:``."""
    for written in _written_paths(document.value):
        try:
            path = locator.place(file.folder, written).path
        except BadPath:  # reported where it is used
            continue
        if path != file.path:
            yield path


def _skills_of(locator: Locator, file: Located, document: Document) -> Iterator[tuple[str, str]]:
    """Yield the skills that a document declares: name, and folder with a separator after it."""
    sections = document.value if isinstance(document.value, dict) else {}
    skills = sections.get("skills")
    for name, skill in skills.items() if isinstance(skills, dict) else ():
        written = skill.get("path") if isinstance(skill, dict) else None
        if isinstance(written, str):
            try:
                yield name, locator.place(file.folder, written).path + os.sep
            except BadPath:  # reported where it is used
                continue


def _check_skills(context: Context, file: Located, document: Document) -> None:
    """Report skills around the manifest that declares them."""
    for name, path in _skills_of(context.locator, file, document):
        if file.path.startswith(path):
            message = f"the folder of skill.{name} holds the manifest that declares it"
            hint = "give the skill a folder of its own, without manifests"
            context.report("SKILL", document.place(("skills", name, "path")), message, hint)


def _written_paths(value: Json) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _written_paths(inner)
    elif isinstance(value, dict):
        for key in ("file", "path"):
            written = value.get(key)
            if isinstance(written, str) and written.endswith(_ENDINGS):
                yield written
        for inner in value.values():
            if isinstance(inner, (dict, list)):
                yield from _written_paths(inner)
