"""Documents against the JSON Schemas: fast when all is well, exact when it is not.

jsonschema_rs, where it is installed, says yes or no in microseconds; only what it refuses goes
through jsonschema, whose errors name the exact keyword and path. Both are imported on first use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from retinue.manifest.explain import Flaw, explain
from retinue.manifest.indented import told_once
from retinue.manifest.model import Json
from retinue.manifest.schema import DRAFT, function_schema, manifest_schema
from retinue.manifest.schema_parts import Schema
from retinue.manifest.schema_project import project_schema
from retinue.manifest.spots import Document
from retinue.problem import KeyPath, Problem

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

SchemaName: TypeAlias = Literal["manifest", "function", "project", "json-schema"]

_SCHEMAS: Final[dict[SchemaName, Callable[[], Schema]]] = {
    "manifest": manifest_schema,
    "function": function_schema,
    "project": project_schema,
    "json-schema": lambda: {"$schema": DRAFT, "$ref": DRAFT},
}


def flaws(
    document: Document, name: SchemaName, *, value: Json = None, path: KeyPath = ()
) -> list[Flaw]:
    """Return what is wrong with ``document``, or with its part ``value`` at ``path``.

    A value that has a problem already (a number that does not fit, an undefined variable) is not
    reported again.
    """
    return unreported(document, all_flaws(document, name, value=value, path=path))


def all_flaws(
    document: Document, name: SchemaName, *, value: Json = None, path: KeyPath = ()
) -> list[Flaw]:
    """Return what can't be used, also where that has a problem already."""
    checked = value if path else document.value
    return [] if is_valid(name, checked) else list(_explained(document, name, checked, path))


def unreported(document: Document, found: Iterable[Flaw]) -> list[Flaw]:
    """Return those flaws that stand where ``document`` has no problem yet."""
    known = {problem.place for problem in document.problems}
    return [flaw for flaw in found if flaw.problem.place not in known]


def is_valid(name: SchemaName, value: Json) -> bool:
    """Say whether ``value`` fits the schema."""
    fast = _fast(name)
    return fast(value) if fast is not None else not any(True for _ in exact_errors(name, value))


def exact_errors(name: SchemaName, value: Json) -> Iterator[ValidationError]:
    """Yield jsonschema's errors, in no particular order."""
    yield from _validator_class()(_SCHEMAS[name]()).iter_errors(value)


@cache
def _validator_class() -> type[Validator]:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    strict: type[Validator] = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"pattern": _pattern}
    )
    return strict


def _pattern(
    validator: Validator, pattern: str, value: Json, schema: Schema
) -> Iterator[ValidationError]:
    """The keyword as JSON Schema means it: Python's ``$`` would let a line end pass."""
    from jsonschema import ValidationError

    del validator, schema
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


@cache
def _fast(name: SchemaName) -> Callable[[Json], bool] | None:
    try:
        import jsonschema_rs
    except ImportError:
        return None
    return jsonschema_rs.Draft202012Validator(_SCHEMAS[name]()).is_valid


def _explained(document: Document, name: SchemaName, value: Json, path: KeyPath) -> Iterable[Flaw]:
    errors: Iterable[ValidationError] = exact_errors(name, value)
    if name == "json-schema":
        # The metaschema's errors come in dozens; the best one says it.
        from jsonschema.exceptions import best_match

        best = best_match(errors)
        errors = [best] if best is not None else []
    found = [flaw for error in errors for flaw in explain(document, error, name, path)]
    if name == "manifest":
        found = told_once(document, found, manifest_schema())
    return _without_echoes(found) or [_unexplained(document, path)]


def _without_echoes(found: list[Flaw]) -> list[Flaw]:
    """Leave out what is missing only because it is misspelt."""
    renamed = {(flaw.path[:-1], flaw.meant) for flaw in found if flaw.meant}
    return [
        flaw
        for flaw in found
        if not any((flaw.path, missing) in renamed for missing in flaw.missing)
    ]


def _unexplained(document: Document, path: KeyPath) -> Flaw:
    """The two validators disagree, e.g. on a pattern: refused all the same."""
    message = "this does not fit the schema"
    place = document.place(path)
    return Flaw(Problem(code="RTN-MANIFEST-SCHEMA", place=place, message=message), path)
