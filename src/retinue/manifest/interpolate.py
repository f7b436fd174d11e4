"""Text interpolation: ``${var:name}`` everywhere, ``${env:NAME}`` in the project file.

Text in, text out, in one pass: what a variable holds is never read again, so nothing can recurse,
and no code runs. ``$${`` stands for a literal ``${``. Where a secret may stand, ``${env:NAME}`` is
no interpolation but a reference: it is kept as ``{env: NAME}``, and not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from retinue.manifest.model import Json
from retinue.manifest.spots import Document
from retinue.manifest.suggest import did_you_mean, listed
from retinue.problem import KeyPath, Place, Problem

_TOKEN: Final = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}\n]*)\}|\$\{")
_REFERENCE: Final = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_LITERAL_HINT: Final = "to write it literally, double the dollar sign: $${"


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be interpolated. A variable that is None was declared but never given a value.

    ``environment`` is None where ``${env:…}`` is not allowed. ``secret_at`` says which parts of a
    document can be a secret; ``secret`` that the text at hand is one of them.
    """

    variables: Mapping[str, str | None] = field(default_factory=dict)
    environment: Mapping[str, str] | None = None
    secret_at: Callable[[KeyPath], bool] | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at ``offset`` of a text."""

    offset: int
    code: str
    message: str
    hint: str | None = None

    def problem(self, place: Place) -> Problem:
        return Problem(
            code=f"RTN-MANIFEST-{self.code}", place=place, message=self.message, hint=self.hint
        )


def substitute(text: str, scope: Scope) -> tuple[str, list[Fault]]:
    """Return ``text`` with every ``${…}`` replaced, and the faults; a faulty one stays as it is."""
    faults: list[Fault] = []

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        found = _look_up(match, scope)
        if isinstance(found, str):
            return found
        faults.append(found)
        return match[0]

    return (_TOKEN.sub(replacement, text), faults) if "${" in text else (text, faults)


def interpolate(document: Document, scope: Scope) -> Document:
    """Return ``document`` with its text values (never its keys) interpolated."""
    if not document.templated:
        return document
    problems = list(document.problems)
    value = interpolate_part(document, (), document.value, scope, problems)
    return replace(document, value=value, problems=tuple(problems))


def interpolate_part(
    document: Document, path: KeyPath, value: Json, scope: Scope, problems: list[Problem]
) -> Json:
    """Return the part ``value`` of a document, interpolated; faults are added to ``problems``."""
    if isinstance(value, str):
        secret = scope.secret_at is not None and scope.secret_at(path)
        if secret and (reference := _REFERENCE.fullmatch(value)):
            return {"env": reference["name"]}
        changed, faults = substitute(value, replace(scope, secret=True) if secret else scope)
        problems.extend(fault.problem(document.place(path)) for fault in faults)
        return changed
    if isinstance(value, dict):
        return {
            key: interpolate_part(document, (*path, key), inner, scope, problems)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [
            interpolate_part(document, (*path, index), inner, scope, problems)
            for index, inner in enumerate(value)
        ]
    return value


def _look_up(match: re.Match[str], scope: Scope) -> str | Fault:
    inside, offset = match["inside"], match.start()
    if inside is None:
        return Fault(offset, "INTERPOLATION", "'${' is never closed", _LITERAL_HINT)
    source, colon, name = inside.partition(":")
    if source == "var" and colon:
        return _variable(name, offset, scope)
    if source == "env" and colon:
        return _environment(name, offset, scope)
    message = f"{match[0]!r} is not an interpolation"
    return Fault(offset, "INTERPOLATION", message, f"write ${{var:name}}; {_LITERAL_HINT}")


def _variable(name: str, offset: int, scope: Scope) -> str | Fault:
    value = scope.variables.get(name)
    if value is not None:
        return value
    if name in scope.variables:
        hint = f"give it one with --var {name}=…, or in the project file"
        return Fault(offset, "VARIABLE", f"the variable {name!r} has no value", hint)
    known = listed(scope.variables)
    otherwise = (
        f"known variables: {known}" if known else "declare it under variables: in retinue.yaml"
    )
    hint = did_you_mean(name, scope.variables, otherwise) or otherwise
    return Fault(offset, "VARIABLE", f"there is no variable {name!r}", hint)


def _environment(name: str, offset: int, scope: Scope) -> str | Fault:
    if scope.environment is None:
        return _part_of_secret(name, offset) if scope.secret else _no_environment(offset)
    value = scope.environment.get(name)
    if value is None:
        return Fault(
            offset,
            "VARIABLE",
            f"the environment variable {name} is not set",
            "set it, or write it into .env beside retinue.yaml",
        )
    return value


def _no_environment(offset: int) -> Fault:
    message = "${env:…} works in the project file, and as the whole text of a secret"
    hint = (
        "secrets are the variables of an environment and the tokens of a credential; for other "
        "texts, declare a variable in retinue.yaml that takes it, and write ${var:name} here"
    )
    return Fault(offset, "INTERPOLATION", message, hint)


def _part_of_secret(name: str, offset: int) -> Fault:
    if not _REFERENCE.fullmatch(f"${{env:{name}}}"):
        message = f"{name!r} can't be the name of an environment variable"
        return Fault(offset, "SECRET", message, "use letters, digits and '_'")
    message = f"${{env:{name}}} has to be the whole text: a secret is never joined with other text"
    hint = f"let {name} hold all of it, or print all of it: {{command: [program, argument]}}"
    return Fault(offset, "SECRET", message, hint)
