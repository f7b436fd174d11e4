"""What the builders of one `load` share: the project's texts, declarations, resources, problems.

The only mutable object of the manifest reader; it lives for one call of `compose.load`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from retinue.address import Address
from retinue.manifest.globs import Globber
from retinue.manifest.interpolate import Scope
from retinue.manifest.keys import redacted
from retinue.manifest.leaks import leaks, leaks_of_text
from retinue.manifest.model import Assistant, Declared
from retinue.manifest.paths import BadPath, Located, Locator
from retinue.manifest.source import read_document, read_text
from retinue.manifest.spots import Document, PartPlaces
from retinue.problem import KeyPath, Place, Problem, Severity


@dataclass(frozen=True, slots=True)
class Declaration:
    """A resource as a manifest spells it: its mapping, cleared of what is flawed.

    A flawed entry of a list is None in it, so that the indexes of the others still stand.
    ``elsewhere`` is as in `PartPlaces`.
    """

    address: Address
    value: dict[str, Any]
    document: Document
    path: KeyPath
    folder: str
    elsewhere: Mapping[str, KeyPath] = field(default_factory=dict)

    @property
    def places(self) -> PartPlaces:
        return PartPlaces(self.document, self.path, self.elsewhere)

    def pick(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return those of ``keys`` that the manifest names, with their values."""
        return {key: self.value[key] for key in keys if key in self.value}


@dataclass(slots=True)
class Context:
    """Everything that is known so far, and every problem met.

    ``target`` is the project's; ``forced`` the one that takes the place of all others. ``idle`` are
    assistants as they would be on targets that are not in force.
    """

    locator: Locator
    globber: Globber
    scope: Scope
    target: str
    forced: str | None = None
    declared: dict[Address, Declaration] = field(default_factory=dict)
    resources: dict[Address, Declared] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files_by_path: dict[str, Address] = field(default_factory=dict)
    idle: list[Assistant] = field(default_factory=list)
    _documents: dict[str, Document] = field(default_factory=dict)
    _texts: dict[str, tuple[str, Problem | None]] = field(default_factory=dict)

    def report(
        self,
        code: str,
        place: Place,
        message: str,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Add a problem; ``code`` is without its prefix. What looks like a key is not shown."""
        self.problems.append(
            Problem(
                code=f"RTN-MANIFEST-{code}",
                place=place,
                message=redacted(message),
                hint=None if hint is None else redacted(hint),
                severity=severity,
            )
        )

    def told(self, place: Place, code: str = "") -> bool:
        """Whether there is a problem at ``place`` already, with ``code`` where that is given."""
        code = f"RTN-MANIFEST-{code}"
        return any(each.place == place and each.code.startswith(code) for each in self.problems)

    def report_path(self, error: BadPath, place: Place) -> None:
        """Add the problem of a path that can't be used."""
        self.report(error.code, place, error.message, error.hint)

    def locate(self, owner: Declaration, written: str, *path: str | int) -> Located | None:
        """Find the file that ``owner`` names at ``path``; report it when that fails."""
        try:
            return self.locator.file(owner.folder, written)
        except BadPath as error:
            self.report_path(error, owner.places.at(*path))
            return None

    def document(self, located: Located) -> Document:
        """Read a YAML or JSON file of the project, once."""
        if located.path not in self._documents:
            document = read_document(located.path, located.shown)
            self._documents[located.path] = document
            self.problems += leaks(document)
        return self._documents[located.path]

    def text(self, located: Located) -> tuple[str, Problem | None]:
        """Read a text file of the project, once."""
        if located.path not in self._texts:
            text, problem = read_text(located.path, located.shown)
            self._texts[located.path] = text, problem
            self.problems += leaks_of_text(text, located.shown)
        return self._texts[located.path]

    def apart(self) -> Context:
        """Return a context that knows all this and reports here, but adds no resource here."""
        resources, files = dict(self.resources), dict(self.files_by_path)
        return replace(self, resources=resources, files_by_path=files)

    def names(self, kind: str) -> list[str]:
        """Return the declared names of a kind."""
        return [address.name for address in self.declared if address.kind == kind]

    def of_kind(self, kind: str) -> list[Declaration]:
        """Return the declarations of a kind, in address order."""
        found = [each for each in self.declared.values() if each.address.kind == kind]
        return sorted(found, key=lambda each: each.address.name)
