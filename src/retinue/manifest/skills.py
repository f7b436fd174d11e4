"""Building skills: folders with a SKILL.md whose front matter names and describes them.

A skill's files are taken verbatim, as programs read them: nothing is interpolated.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.folders import (
    Bounds,
    files_in,
    folder_at,
    inside,
    name_and_description,
)
from retinue.manifest.model import Skill
from retinue.manifest.paths import Located
from retinue.manifest.source import parse
from retinue.problem import Place

_BOUNDS: Final = Bounds("skill", bytes=50 * 1024 * 1024, file_bytes=25 * 1024 * 1024, files=500)

_MANIFEST: Final = "SKILL.md"
_FRONT: Final = re.compile(r"---[ \t]*\n(?P<head>.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_ADD: Final = "add {key}: …"
_EXAMPLE: Final = "start it with: --- name: …, description: … ---, each on a line of its own"


def build_skills(context: Context) -> None:
    """Add every declared skill that is one."""
    for owner in context.of_kind("skill"):
        folder = _folder(context, owner)
        files = _files(context, owner, folder) if folder is not None else None
        if folder is None or files is None:
            continue
        manifest = _manifest(context, owner, folder, files)
        front = _front_matter(context, manifest) if manifest is not None else None
        if front is None:
            continue
        context.resources[owner.address] = Skill(
            address=owner.address,
            path=Path(folder.path),
            shown=folder.shown,
            files=tuple(inside(folder, file) for file in files),
            title=front["name"],
            description=front["description"],
            lifecycle=lifecycle(owner.value),
            places=owner.places,
        )


def _folder(context: Context, owner: Declaration) -> Located | None:
    written = owner.value.get("path")
    if written is None:
        return None
    return folder_at(context, owner.folder, written, owner.places.at("path"))


def _files(context: Context, owner: Declaration, folder: Located) -> list[Located] | None:
    exclude = owner.value.get("exclude", [])
    return files_in(context, folder, exclude, owner.places.at("path"), _BOUNDS)


def _manifest(
    context: Context, owner: Declaration, folder: Located, files: list[Located]
) -> Located | None:
    """Return the one SKILL.md, which stands at the top of the folder."""
    place = owner.places.at("path")
    found = [file for file in files if file.shown.rsplit("/", 1)[-1].lower() == "skill.md"]
    others = [name for file in found if (name := inside(folder, file)) != _MANIFEST]
    if others:
        message = f"{folder.shown} holds {others[0]}"
        hint = f"a skill has one {_MANIFEST}, spelled so, at the top of its folder"
        context.report("SKILL", place, message, hint)
    elif not found:
        message = f"there is no {_MANIFEST} in {folder.shown}"
        hint = "write one, with a name and a description in its front matter"
        context.report("SKILL", place, message, hint)
    return found[0] if found and not others else None


def _front_matter(context: Context, manifest: Located) -> dict[str, Any] | None:
    text, problem = context.text(manifest)
    if problem is not None:
        context.problems.append(problem)
        return None
    match = _FRONT.match(text)
    if match is None:
        message = f"{manifest.shown} has no front matter"
        context.report("SKILL", Place(manifest.shown), message, _EXAMPLE)
        return None
    # An empty line in the place of the dashes keeps the numbers of the lines.
    document = parse(f"\n{match['head']}", manifest.shown)
    context.problems += document.problems
    return None if document.broken else name_and_description(context, document, "skill", _ADD)
