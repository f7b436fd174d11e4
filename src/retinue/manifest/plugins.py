"""Building the plugins of environments: folders with a plugin.json that names and describes them.

The files of a plugin are taken verbatim, as programs read them: nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from retinue.manifest.context import Context, Declaration
from retinue.manifest.folders import (
    Bounds,
    files_in,
    folder_at,
    inside,
    name_and_description,
)
from retinue.manifest.model import Plugin
from retinue.manifest.paths import Located

MAX_NAME: Final = 64

# The archive may have 52,690,944 bytes; one of files that can't be packed is larger than they are.
_SETTINGS: Final = (".mcp.json", ".app.json")
_BOUNDS: Final = Bounds("plugin", bytes=50 * 1024 * 1024, hidden=(".codex-plugin", *_SETTINGS))
_MANIFEST: Final = ".codex-plugin/plugin.json"
_ADD: Final = 'add "{key}": "…"'


def plugins_of(context: Context, owner: Declaration) -> Iterator[Plugin]:
    """Yield the plugins of an environment, each that is one."""
    names: set[str] = set()
    for index, entry in enumerate(owner.value["plugins"]):
        plugin = _plugin(context, owner, entry, index) if entry and "path" in entry else None
        if plugin is None:
            continue
        if plugin.title in names:
            place = owner.places.at("plugins", index)
            message = f"two plugins have the name {plugin.title}"
            context.report("PLUGIN", place, message, "keep one of the two")
        names.add(plugin.title)
        yield plugin


def _plugin(
    context: Context, owner: Declaration, entry: dict[str, Any], index: int
) -> Plugin | None:
    place = owner.places.at("plugins", index, "path")
    folder = folder_at(context, owner.folder, entry["path"], place)
    if folder is None:
        return None
    files = files_in(context, folder, entry.get("exclude", []), place, _BOUNDS)
    if files is None:
        return None
    by_name = {inside(folder, file): file for file in files}
    if _MANIFEST not in by_name:
        message = f"there is no {_MANIFEST} in {folder.shown}"
        context.report("PLUGIN", place, message, "write one, with a name and a description")
        return None
    for name in _SETTINGS:
        if name in by_name:
            context.text(by_name[name])  # which tells of a key in it
    front = _checked(context, by_name[_MANIFEST])
    if front is None:
        return None
    return Plugin(
        path=Path(folder.path),
        shown=folder.shown,
        files=tuple(by_name),
        title=front["name"],
        description=front["description"],
    )


def _checked(context: Context, manifest: Located) -> dict[str, Any] | None:
    document = context.document(manifest)
    context.problems += document.problems
    if document.broken:
        return None
    front = name_and_description(context, document, "plugin", _ADD)
    name = document.value.get("name") if isinstance(document.value, dict) else None
    if isinstance(name, str) and len(name) > MAX_NAME:
        message = f"the plugin's name has {len(name)} characters; at most {MAX_NAME} are allowed"
        context.report("TOO-LONG", document.place(("name",)), message, "shorten it")
    return front
