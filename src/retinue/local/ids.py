"""Identifiers and nothing else: a prefix that tells the kind, then random letters and digits.

The prefixes are OpenAI's (``asst_``, ``file-``, ``vs_``, ``vsfb_``). Identifiers are random rather
than counted, so two processes on one database never meet and nobody can guess a neighbour's.
"""

from __future__ import annotations

import string
from random import SystemRandom

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 24
_random = SystemRandom()


def new_id(prefix: str) -> str:
    """Mint an identifier, e.g. ``new_id("asst_")``; 24 characters of it are random."""
    return prefix + "".join(_random.choices(_ALPHABET, k=_LENGTH))
