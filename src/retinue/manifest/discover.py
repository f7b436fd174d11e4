"""Finding and reading the manifest files, and telling apart what only looks like one.

Every ``*.yaml`` and ``*.yml`` file under the manifest folder is a manifest, hidden ones excepted,
unless some manifest names it by ``file:``, ``inline:`` or ``path:``, or names a folder around it as
a skill or plugin: then it is what it is named as (the definition of a function, a file to upload,
a part of a skill).
None takes itself away, and no two take each other: what they declare would go unseen, and be
deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from retinue.manifest.apart import told_apart
from retinue.manifest.context import Context
from retinue.manifest.model import Json
from retinue.manifest.paths import BadPath, Located, Locator
from retinue.manifest.spots import Document
from retinue.manifest.suggest import did_you_mean
from retinue.problem import KeyPath, Place

Manifests = list[tuple[Located, Document]]

Mentions = dict[str, KeyPath]
"""The paths of other files that a document names, and where it does."""

_ENDINGS: Final = (".yaml", ".yml")
_NAMING: Final = ("file", "inline", "path")


def read_manifests(context: Context, folder: Path, declared_at: Place) -> Manifests:
    """Read all manifests under ``folder``, sorted by path.

    ``declared_at`` is the place in the project file that a missing folder is blamed on.
    """
    if not folder.is_dir():
        _no_folder(context, folder, declared_at)
        return []
    read = [(file, context.document(file)) for file in _yaml_files(context, folder)]
    mentions = {
        file.path: _mentions(context.locator, file, document, read) for file, document in read
    }
    kept, cycles = told_apart(mentions)
    for cycle in cycles:
        _report_cycle(context, cycle, mentions, {file.path: (file, each) for file, each in read})
    manifests = [(file, document) for file, document in read if file.path in kept]
    for file, document in manifests:
        _check_folders(context, file, document)
    if not (manifests or context.problems):  # what is there may be flawed
        message = f"there is no manifest in {context.locator.shown(str(folder))}/"
        hint = "add a file such as team.yaml to it"
        context.report("NO-MANIFESTS", declared_at, message, hint, "warning")
    return manifests


def _mentions(locator: Locator, file: Located, document: Document, read: Manifests) -> Mentions:
    """Return which other files a document names, each alone or by a folder around them."""
    found: Mentions = {}
    for path, written in _written_paths(document.value, ()):
        try:
            found.setdefault(locator.place(file.folder, written).path, path)
        except BadPath:  # reported where it is used
            continue
    for path, folder in _folders_of(locator, file, document):
        if not file.path.startswith(folder):
            inside = (each.path for each, _ in read if each.path.startswith(folder))
            found |= dict.fromkeys(inside, path)
    return {path: at for path, at in found.items() if path != file.path}


def _report_cycle(
    context: Context,
    cycle: list[str],
    mentions: Mapping[str, Mentions],
    files: Mapping[str, tuple[Located, Document]],
) -> None:
    names = [files[path][0].shown for path in cycle]
    context.report(
        "FILE-CYCLE",
        files[cycle[0]][1].place(mentions[cycle[0]][cycle[1]]),
        f"{', '.join(names[:-1])} and {names[-1]} name each other as files: none would be read",
        "let none name the file of another, or a folder around it as a skill or plugin",
    )


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


def _folders_of(
    locator: Locator, file: Located, document: Document
) -> Iterator[tuple[KeyPath, str]]:
    """Yield the skills and plugins that a document names: where it does, and the folder with a
    separator after it."""
    for path, written in _written_folders(document.value):
        try:
            yield path, locator.place(file.folder, written).path + os.sep
        except BadPath:  # reported where it is used
            continue


def _written_folders(value: Json) -> Iterator[tuple[KeyPath, str]]:
    for name, skill in _entries(_at(value, "skills")):
        written = _at(skill, "path")
        if isinstance(written, str):
            yield ("skills", name, "path"), written
    for name, environment in _entries(_at(value, "environments")):
        for index, plugin in _entries(_at(environment, "plugins")):
            written = _at(plugin, "path")
            if isinstance(written, str):
                yield ("environments", name, "plugins", index, "path"), written


def _at(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _entries(value: Json) -> Iterable[tuple[Any, Json]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _check_folders(context: Context, file: Located, document: Document) -> None:
    """Report skills and plugins around the manifest that names them."""
    for path, folder in _folders_of(context.locator, file, document):
        if file.path.startswith(folder):
            kind = "skill" if path[0] == "skills" else "plugin"
            what = f"skill.{path[1]}" if kind == "skill" else f"a plugin of environment.{path[1]}"
            message = f"the folder of {what} holds the manifest that declares it"
            hint = f"give the {kind} a folder of its own, without manifests"
            context.report(kind.upper(), document.place(path), message, hint)


def _written_paths(value: Json, at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, (dict, list)):
                yield from _written_paths(inner, (*at, index))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                yield from _written_paths(inner, (*at, key))
            elif key in _NAMING and isinstance(inner, str) and inner.endswith(_ENDINGS):
                yield (*at, key), inner
