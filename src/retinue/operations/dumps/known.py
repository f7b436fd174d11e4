"""What the project declares already: assistants by origin and by content, and functions.

Reads manifests and writes nothing. The origin of an import stands in a comment of its manifest,
since no platform gives an old ID again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from retinue.address import Address
from retinue.kinds.values import canonical
from retinue.manifest.compose import load
from retinue.manifest.model import Assistant, Function, FunctionTool, Manifest, Tool
from retinue.manifest.schema import ASSISTANT_FIELDS
from retinue.manifest.source import read_text
from retinue.manifest.tools import tool_type
from retinue.operations.dumps.texts import one_line
from retinue.project import Project

ORIGIN: Final = "# origin: "
_ORIGIN: Final = re.compile(rf"^{ORIGIN}(?P<key>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Known:
    """``origins``: the comment's text to the manifest that has it. ``functions``: the canonical
    definition to the name under ``functions:``."""

    addresses: frozenset[Address] = frozenset()
    assistants: tuple[Assistant, ...] = ()
    functions: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def by_origin(self, key: str) -> str | None:
        """The manifest that was written for an origin."""
        return self.origins.get(one_line(key))

    def named_by(self, manifest: str) -> Address | None:
        """The one assistant that a manifest declares; None where it is not the only one."""
        found = [each for each in self.assistants if each.places.at().file == manifest]
        return found[0].address if len(found) == 1 else None

    def called(self, name: str) -> list[Assistant]:
        """The assistants of a name."""
        return [each for each in self.assistants if each.fields.get("name") == name]

    def alike(self, body: Mapping[str, Any]) -> Assistant | None:
        """An assistant of the same name with the same content."""
        wanted = _content(body, map(_written_tool, body.get("tools", ())))
        for each in self.called(body["name"]) if "name" in body else ():
            if _content(each.fields, map(_declared_tool, each.tools or ())) == wanted:
                return each
        return None


def known(project: Project, folder: Path) -> Known:
    """What ``project`` declares, and what is in ``folder``, where new manifests go.

    Raises:
        ManifestError: the manifests can't be read; then nobody knows what is in them.
    """
    origins = dict(_origins(project.root, {project.manifests, folder}))
    if not project.manifests.is_dir():
        return Known(origins=origins)
    manifest = load(project)
    resources = manifest.resources.values()
    return Known(
        addresses=frozenset(manifest.resources),
        assistants=tuple(each for each in resources if isinstance(each, Assistant)),
        functions=_functions(manifest),
        origins=origins,
    )


def _functions(manifest: Manifest) -> dict[str, str]:
    found = (each for each in manifest.resources.values() if isinstance(each, Function))
    return {canonical(each.definition): each.address.name for each in found}


def _origins(root: Path, folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for folder in sorted(folders):
        for where, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith((".yaml", ".yml")):
                    path = Path(where) / name
                    text, _ = read_text(path, name)
                    yield from (
                        (match["key"], shown(path, root)) for match in _ORIGIN.finditer(text)
                    )


def shown(path: Path, root: Path) -> str:
    """A path relative to the project where it is in it."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _content(fields: Mapping[str, Any], tools: Iterable[tuple[str, str]]) -> Any:
    """What makes two assistants the same: their fields, and which tools they have."""
    named = {key: fields[key] for key in ASSISTANT_FIELDS if key in fields}
    named["instructions"] = str(fields.get("instructions") or "").strip()
    return named, sorted(tools)


def _written_tool(tool: Mapping[str, Any]) -> tuple[str, str]:
    return tool["type"], str(tool.get("function", {}).get("name", ""))


def _declared_tool(tool: Tool) -> tuple[str, str]:
    name = tool.definition.get("name", "") if isinstance(tool, FunctionTool) else ""
    return tool_type(tool), str(name)
