"""Did-you-mean: the one place that guesses what a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like ``word``, None when none looks like it."""
    by_folded = {_folded(candidate): candidate for candidate in sorted(candidates, reverse=True)}
    matches = difflib.get_close_matches(_folded(word), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


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
