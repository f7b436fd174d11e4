"""jsonschema's errors in Retinue's own words: what is wrong, exactly where, and how to mend it.

One small function per schema keyword, found through `_SENTENCES`. It reads errors and documents
and decides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from retinue.manifest import wording
from retinue.manifest.secret import REFER_INSTEAD, WRITTEN_DOWN
from retinue.manifest.spots import Document
from retinue.manifest.suggest import closest, did_you_mean, listed
from retinue.problem import KeyPath, Problem

if TYPE_CHECKING:
    from jsonschema import ValidationError

LATER_TOOLS: Final = frozenset({"apply_patch", "custom", "local_shell", "namespace", "shell"})
"""Tools that OpenAI has, but Retinue does not know yet: no misspellings."""

_BARE: Final = {
    "function": "write {type: function, function: name}",
    "mcp": "write {type: mcp, server_label: name, server_url: address}",
}
"""Tools that a bare word can't describe, and what to write."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A problem, and the path of the part that can't be used because of it.

    ``meant`` is the key that a misspelt one probably stands for; ``missing`` are absent keys.
    """

    problem: Problem
    path: KeyPath
    meant: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """One error with all that a sentence about it needs."""

    document: Document
    error: ValidationError
    schema_name: str
    prefix: KeyPath

    @property
    def path(self) -> KeyPath:
        return (*self.prefix, *self.error.absolute_path)

    @property
    def label(self) -> str:
        return wording.label(self.path, self.schema_name)

    @property
    def limit(self) -> Any:
        return self.error.validator_value

    @property
    def value(self) -> Any:
        return self.error.instance

    def own_hint(self) -> str | None:
        """Return the hint that the schema itself gives for the failed keyword."""
        schema = self.error.schema
        hints = schema.get("x-hint", {}) if isinstance(schema, dict) else {}
        hint = hints.get(self.error.validator)
        return str(hint) if hint is not None else None

    def flaw(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        path: KeyPath | None = None,
        at_key: bool = False,
        meant: str | None = None,
        missing: tuple[str, ...] = (),
    ) -> Flaw:
        path = self.path if path is None else path
        place = self.document.key_place(path) if at_key else self.document.place(path)
        problem = Problem(
            code=f"RTN-MANIFEST-{code}", place=place, message=message, hint=self.own_hint() or hint
        )
        return Flaw(problem, path, meant, missing)


def explain(
    document: Document, error: ValidationError, schema_name: str, prefix: KeyPath = ()
) -> Iterator[Flaw]:
    """Yield the flaws that one error of jsonschema stands for.

    ``prefix`` is the path of the checked value within ``document``.
    """
    yield from _explain(_Case(document, error, schema_name, prefix))


def _explain(case: _Case) -> Iterator[Flaw]:
    error = case.error
    if "propertyNames" in list(error.absolute_schema_path)[-2:]:
        yield _name(case)
        return
    if isinstance(error.schema, dict) and "x-secret" in error.schema:
        sentence = _SECRETS.get(str(error.validator))
    else:
        sentence = _SENTENCES.get(str(error.validator))
    if sentence is None:
        yield case.flaw("SCHEMA", f"{case.label}: {error.message}")
        return
    yield from sentence(case)


def _name(case: _Case) -> Flaw:
    name, path = case.value, (*case.path, case.value)
    if case.error.validator == "enum":
        hint = did_you_mean(name, case.limit, f"known keys: {listed(case.limit)}")
        message = f"{case.label} has no key {wording.shown(name)}"
        return case.flaw("UNKNOWN-KEY", message, hint, path=path, at_key=True)
    if case.error.validator == "pattern":
        means = case.error.schema["x-means"]  # type: ignore[index]
        message = f"{wording.shown(name)} can't be a name: names are {means}"
    else:
        message = (
            f"{case.label}: the key {wording.shown(name)} has {len(name)} characters; "
            "1 to 64 are allowed"
        )
    return case.flaw("NAME", message, path=path, at_key=True)


def _unknown_keys(case: _Case) -> Iterator[Flaw]:
    allowed = case.error.schema.get("properties", {})  # type: ignore[union-attr]
    for key in case.value:
        if key not in allowed:
            meant = closest(key, allowed)
            hint = f"did you mean {meant!r}?" if meant else f"known keys: {listed(allowed)}"
            message = f"{case.label} has no key {wording.shown(key)}"
            yield case.flaw(
                "UNKNOWN-KEY", message, hint, path=(*case.path, key), at_key=True, meant=meant
            )


def _type(case: _Case) -> Iterator[Flaw]:
    expected = [case.limit] if isinstance(case.limit, str) else list(case.limit)
    if case.value is None:
        yield case.flaw("TYPE", f"{case.label} is empty", "give it a value, or remove the key")
        return
    message = f"{case.label} must be {wording.types(expected)}, not {wording.described(case.value)}"
    yield case.flaw("TYPE", message, wording.type_hint(expected, case.value))


def _required(case: _Case) -> Iterator[Flaw]:
    missing = tuple(key for key in case.limit if key not in case.value)
    for key in missing:
        hint = None if case.own_hint() else f"add {key}: …"
        yield case.flaw(
            "REQUIRED", f"{case.label} has no {key!r}", hint, at_key=True, missing=(key,)
        )


def _one_of(case: _Case) -> Iterator[Flaw]:
    keys = [branch["required"][0] for branch in case.limit if "required" in branch]
    present = [key for key in keys if key in case.value]
    if present:
        message = f"{case.label} has {' and '.join(present)}: only one of them is possible"
    else:
        message = f"{case.label} needs one of {listed(keys)}"
    yield case.flaw("CHOICE", message, missing=() if present else tuple(keys))


def _any_of(case: _Case) -> Iterator[Flaw]:
    """Speak of one alternative: the one that lists words, if there is one (JSON Schema's types)."""
    inner = sorted(case.error.context or (), key=lambda error: error.validator != "enum")
    if not inner:
        yield case.flaw("SCHEMA", f"{case.label}: {case.error.message}")
        return
    yield from _explain(replace(case, error=inner[0]))


def _dependent(case: _Case) -> Iterator[Flaw]:
    for key, needed in case.limit.items():
        if key in case.value and any(other not in case.value for other in needed):
            message = f"{case.label}: {key} goes with {listed(needed)} only"
            yield case.flaw("CHOICE", message, path=(*case.path, key), at_key=True)


def _enum(case: _Case) -> Iterator[Flaw]:
    words = [word for word in case.limit if isinstance(word, str)]
    value = case.value
    hint = _better_word(case, value, words) if isinstance(value, str) else None
    message = f"{case.label} can't be {wording.described(value)}"
    yield case.flaw("VALUE", message, hint or f"possible: {listed(words)}")


def _better_word(case: _Case, value: str, words: list[str]) -> str | None:
    if value in LATER_TOOLS:
        return f"Retinue does not know this tool yet; possible: {listed(words)}"
    if value in _BARE and case.path[-2:-1] == ("tools",):
        return _BARE[value]
    return did_you_mean(value, words)


def _const(case: _Case) -> Iterator[Flaw]:
    message = f"{case.label} must be {case.limit}, not {wording.described(case.value)}"
    yield case.flaw("VALUE", message)


def _pattern(case: _Case) -> Iterator[Flaw]:
    means = case.error.schema.get("x-means", case.limit)  # type: ignore[union-attr]
    hint = None
    if "/" in case.value and "path" in case.error.schema.get("properties", {}):  # type: ignore[union-attr]
        hint = f"to use a file by its path, write {{path: {case.value}}}"
    message = f"{case.label} must be {means}, not {wording.shown(case.value)}"
    yield case.flaw("PATTERN", message, hint)


def _range(case: _Case) -> Iterator[Flaw]:
    schema: Any = case.error.schema
    if "minimum" in schema and "maximum" in schema:
        bounds = f"between {schema['minimum']:,} and {schema['maximum']:,}"
    else:
        bounds = f"at {'least' if 'minimum' in schema else 'most'} {case.limit:,}"
    yield case.flaw("RANGE", f"{case.label} must be {bounds}, not {case.value:,}")


def _too_long(case: _Case) -> Iterator[Flaw]:
    message = f"{case.label} has {len(case.value):,} characters; at most {case.limit:,} are allowed"
    yield case.flaw("TOO-LONG", message, "shorten it")


def _empty(case: _Case) -> Iterator[Flaw]:
    yield case.flaw("TYPE", f"{case.label} is empty", "give it a value, or remove the key")


def _too_many(case: _Case) -> Iterator[Flaw]:
    verb = "is" if case.limit == 1 else "are"
    message = f"{case.label} has {len(case.value):,} entries; at most {case.limit:,} {verb} allowed"
    yield case.flaw("TOO-MANY", message, at_key=True)


def _repeated(case: _Case) -> Iterator[Flaw]:
    yield case.flaw("VALUE", f"{case.label} names something twice", "keep one of the two")


def _forbidden(case: _Case) -> Iterator[Flaw]:
    message = f"the key {wording.shown(str(case.path[-1]))} is reserved"
    hint = "Retinue keeps its own marker under it: choose another"
    yield case.flaw("RESERVED", message, hint, at_key=True)


def _written_secret(case: _Case) -> Iterator[Flaw]:
    """Never shows the value: messages end up in logs, too."""
    if case.value is None:
        yield from _empty(case)
        return
    yield case.flaw("SECRET", f"{case.label} {WRITTEN_DOWN}", REFER_INSTEAD)


_SENTENCES: Final[dict[str, Callable[[_Case], Iterator[Flaw]]]] = {
    "additionalProperties": _unknown_keys,
    "anyOf": _any_of,
    "const": _const,
    "dependentRequired": _dependent,
    "enum": _enum,
    "maxItems": _too_many,
    "maxLength": _too_long,
    "maxProperties": _too_many,
    "maximum": _range,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
    "minimum": _range,
    "not": _forbidden,
    "oneOf": _one_of,
    "pattern": _pattern,
    "required": _required,
    "type": _type,
    "uniqueItems": _repeated,
}
_SECRETS: Final = {**_SENTENCES, "pattern": _written_secret, "type": _written_secret}
