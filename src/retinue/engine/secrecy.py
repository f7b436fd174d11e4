"""Keep secrets out of what is told: a platform may quote what it refuses. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from retinue.errors import RetinueError

_LEAST = 4
"""Characters of a secret that is looked for: shorter ones are found in every other word."""


def keep_secret(error: RetinueError, secrets: Iterable[str]) -> None:
    """Take ``secrets`` out of an error, in place."""
    known = sorted((text for text in secrets if len(text) >= _LEAST), key=len, reverse=True)
    error.message = _without(error.message, known)
    error.hint = error.hint and _without(error.hint, known)
    error.args = (error.message,)


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, "(sensitive)")
    return text


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, and as it stands in JSON, in Python's texts and in addresses."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="")
