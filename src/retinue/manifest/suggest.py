"""Did-you-mean: the one place that guesses what a misspelt word was meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

_ALIKE: Final = 0.6
"""The share of letters that two words have in common, from which on one may be the other."""

_CONSIDERED: Final = 10
"""How many of the likeliest words are looked at more closely."""

_WORD: Final = re.compile(r"[^._/]+")
"""The parts of a name, a path or an address, once dashes are folded."""


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like ``word``, None when none looks like it.

    What both begin or end with (a kind, a folder, the ending of a file) is no likeness of its own.
    """
    by_folded = {_folded(candidate): candidate for candidate in sorted(candidates, reverse=True)}
    folded = _folded(word)
    matches = difflib.get_close_matches(folded, by_folded, n=_CONSIDERED, cutoff=_ALIKE)
    return next((by_folded[match] for match in matches if _differ_little(folded, match)), None)


def _differ_little(one: str, other: str) -> bool:
    """Whether what is left without the words that both begin and end with looks alike; one that is
    all in the other does."""
    left, right = _WORD.findall(one), _WORD.findall(other)
    for at in (0, -1):
        while left and right and left[at] == right[at]:
            left.pop(at)
            right.pop(at)
    if not left or not right:
        return True
    return difflib.SequenceMatcher(None, "".join(right), "".join(left)).ratio() >= _ALIKE


def did_you_mean(word: str, candidates: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return a hint that names the closest candidate, or ``otherwise``."""
    match = closest(word, candidates)
    return f"did you mean {match!r}?" if match is not None else otherwise


def meant_address(
    written: str, addresses: Iterable[str], otherwise: str | None = None
) -> str | None:
    """Return a hint that names the addresses that ``written`` may stand for, or ``otherwise``.

    A name without its kind stands for every address of that name.
    """
    by_name: dict[str, list[str]] = {}
    for address in sorted(addresses):
        by_name.setdefault(address.partition(".")[2], []).append(address)
    if written in by_name:
        return f"did you mean {' or '.join(map(repr, by_name[written]))}?"
    whole = [address for same in by_name.values() for address in same]
    name = closest(written, by_name)
    near = closest(written, whole) or (by_name[name][0] if name is not None else None)
    return f"did you mean {near!r}?" if near is not None else otherwise


def listed(words: Iterable[str], *, most: int = 12) -> str:
    """Join words for a sentence; a long list ends in how many more there are."""
    every = sorted(words)
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")
