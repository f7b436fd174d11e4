"""Keys that got into manifests and prompts, told without ever showing them.

A warning, for no form of a key is certain; an error where the platform says that a slot is for what
is no secret: the headers of MCP servers (openai 3.52, PersistedAgentToolConfigParamMcp).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from retinue.manifest.keys import holds_key, key_at, keys_in
from retinue.manifest.model import Json
from retinue.manifest.secret import REFER_INSTEAD, is_slot
from retinue.manifest.source import position
from retinue.manifest.spots import Document
from retinue.manifest.wording import KINDS, label
from retinue.problem import KeyPath, Place, Problem

_LOOKS: Final = "what looks like a key"
_NOT_IN_GIT: Final = "and secrets don't belong in git"
_REVOKE: Final = (
    "if it is one, revoke it and take it out: git, plans, the state and the platform keep it; else "
    "leave it"
)
_HEADER: Final = (
    "declare it under credentials:, and name that as credential: of the tool; if it is no secret, "
    "let a variable of retinue.yaml hold it, and write ${var:name}"
)
SHOWS_SECRET: Final = ("RTN-MANIFEST-SECRET", "RTN-MANIFEST-KEY-LIKE")
"""Codes of problems whose line in the file must not be shown."""


def leaks(document: Document) -> Iterator[Problem]:
    """Yield the texts of a document, as written, that hold a key."""
    if not document.keyed:
        return
    for path in keys_in(document.value):
        place = document.place(path)
        if _is_header(path):
            message = f"the header {path[-1]} holds {_LOOKS}, {_NOT_IN_GIT}"
            yield Problem(code="RTN-MANIFEST-SECRET", place=place, message=message, hint=_HEADER)
        else:
            hint = f"{REFER_INSTEAD}; {_REVOKE}" if is_slot(path) else _REVOKE
            yield _warning(place, f"{_named(path)} holds {_LOOKS}, {_NOT_IN_GIT}", hint)


def leaks_by_variables(document: Document, interpolated: Json) -> Iterator[Problem]:
    """Yield the texts of a document that hold a key since they were interpolated."""
    written = set(keys_in(document.value))
    for path in keys_in(interpolated):
        if path not in written:
            yield by_variable(_named(path), document.place(path))


def by_variable(what: str, place: Place) -> Problem:
    """The problem of ``what`` takes a key from a variable."""
    hint = "plans, the state and the platform would keep it: give it as a secret, where one can be"
    return _warning(place, f"{what} takes {_LOOKS} from a variable", hint)


def leaks_of_text(text: str, shown: str) -> Iterator[Problem]:
    """Yield where the text of a file holds a key: the first one alone."""
    at = key_at(text)
    if at is not None:
        place = Place(shown, *position(text, at))
        yield _warning(place, f"{shown} holds {_LOOKS}, {_NOT_IN_GIT}", _REVOKE)


def gained(raw: str, text: str) -> bool:
    """Whether ``text`` holds a key, and ``raw``, that it was made of, does not."""
    return raw is not text and holds_key(text) and not holds_key(raw)


def _is_header(path: KeyPath) -> bool:
    return path[:1] == ("assistants",) and "tools" in path and path[-2:-1] == ("headers",)


def _named(path: KeyPath) -> str:
    """Name a part, with the resource that it is of."""
    if len(path) > 2 and path[0] in KINDS:
        return f"{KINDS[str(path[0])]}.{path[1]}: {label(path)}"
    return label(path) if path else "the file"


def _warning(place: Place, message: str, hint: str) -> Problem:
    code = "RTN-MANIFEST-KEY-LIKE"
    return Problem(code=code, place=place, message=message, hint=hint, severity="warning")
