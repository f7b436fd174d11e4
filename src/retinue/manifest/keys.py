"""Texts that look like keys: API keys, tokens, private keys, and passwords in addresses.

The one place of these forms: `validate` warns of what import leaves out and messages never show.
Keys that are public by design are none. A form is told by its start, so that most texts cost next
to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from retinue.manifest.model import Json
from retinue.problem import KeyPath

REDACTED: Final = "[redacted]"

_STARTS: Final = (
    *("sk-", "k_live_", "k_test_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-"),
    *("xox", "AKIA", "AIza", "hf_", "npm_", "eyJ", "earer ", "PRIVATE KEY-----"),
)
_KEY: Final = r"""(?<![A-Za-z0-9_-])(?:
        sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}   # OpenAI, Anthropic and many that follow them
      | (?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}
      | (?:ghp|gho|ghs|ghu|ghr)_[A-Za-z0-9]{20,}
      | github_pat_[A-Za-z0-9_]{20,}
      | glpat-[A-Za-z0-9_-]{16,}
      | xox[abprs]-[A-Za-z0-9-]{10,}
      | AKIA[0-9A-Z]{16}
      | AIza[A-Za-z0-9_-]{30,}
      | hf_[A-Za-z0-9]{30,}
      | npm_[A-Za-z0-9]{30,}
      | eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*                   # JWT
      | [Bb]earer[ ]+(?=[A-Za-z._~+/-]*[0-9])[A-Za-z0-9._~+/-]{20,}=*
    )(?![A-Za-z0-9_])
    | (?<=://)[^\s/?#@:"'<>{}]{0,100}:                    # a password in an address, but for the
      (?!(?i:pass|passwd|password)@)                      # words and signs that stand for one
      [^\s/?#@:"'<>{}()$*…]{4,500}(?=@)
    | -----BEGIN[ ](?:[A-Z0-9]+[ ])*PRIVATE[ ]KEY-----
      (?:.*?-----END[ ](?:[A-Z0-9]+[ ])*PRIVATE[ ]KEY-----|.*)"""


@cache
def _form() -> re.Pattern[str]:
    """Compiled when it is needed: that takes longer than to look through a hundred manifests."""
    return re.compile(_KEY, re.VERBOSE | re.DOTALL)


def may_hold_key(text: str) -> bool:
    """Whether it is worth looking for a key in ``text``. Every file is asked: no generator here."""
    for start in _STARTS:
        if start in text:
            return True
    return "://" in text and "@" in text


def holds_key(text: str) -> bool:
    """Whether something in ``text`` looks like a key."""
    return may_hold_key(text) and _form().search(text) is not None


def key_at(text: str) -> int | None:
    """Where the first key of ``text`` starts, None where there is none."""
    found = _form().search(text) if may_hold_key(text) else None
    return found.start() if found else None


def redacted(text: str) -> str:
    """``text`` with a word in the place of each key."""
    return _form().sub(REDACTED, text) if may_hold_key(text) else text


def masked(text: str) -> str:
    """``text`` with a dot in the place of each character of a key: as long as before."""
    return _form().sub(lambda key: "•" * len(key[0]), text) if may_hold_key(text) else text


def keys_in(value: Json, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the paths of all texts of ``value`` that hold a key."""
    if isinstance(value, str):
        if holds_key(value):
            yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from keys_in(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from keys_in(inner, (*path, index))
