"""Addresses: how a resource is named everywhere, ``kind.name``, and patterns that choose some."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from retinue.errors import UsageError

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}$"
"""What a user may call a resource. Files found by a glob are named by their path instead."""

_LISTED = 12
"""How many addresses a message names."""

_ADDRESS = re.compile(r"(?P<kind>[a-z_]+)\.(?P<name>[^\s*?\[\]][^*?\[\]\x00-\x1f]*)")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One resource of a project, e.g. ``assistant.math-tutor`` or ``file.docs/week-1.md``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``kind.name``.

        Raises:
            ValueError: the text has no kind, no name, or holds pattern characters.
        """
        return _parsed(text)


@functools.lru_cache(maxsize=65_536)
def _parsed(text: str) -> Address:
    """State, journal and markers name the same addresses again and again: one object for each."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an address: write kind.name, e.g. assistant.tutor")
    return Address(match["kind"], match["name"])


def slug(text: str, *, most: int) -> str:
    """Make a name of ``text``: small letters and digits, with '-' between; may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:most]


def matches(pattern: str, address: Address) -> bool:
    """Whether ``address`` fits ``pattern``: shell wildcards, or a bare kind for all of it."""
    text = str(address)
    return fnmatch.fnmatchcase(text, pattern) or pattern == address.kind


def select(patterns: Iterable[str], known: Iterable[Address]) -> dict[Address, str]:
    """The known addresses that fit any pattern, each with the first pattern that it fits.

    Raises:
        UsageError: a pattern fits nothing; the message suggests what is near.
    """
    addresses = sorted(known)
    chosen: dict[Address, str] = {}
    for pattern in patterns:
        hits = [address for address in addresses if matches(pattern, address)]
        if not hits:
            raise _nothing_fits(pattern, addresses)
        for address in hits:
            chosen.setdefault(address, pattern)
    return chosen


def _nothing_fits(pattern: str, addresses: list[Address]) -> UsageError:
    names = [str(address) for address in addresses]
    near = difflib.get_close_matches(pattern, names, n=3, cutoff=0.5)
    near = _called(pattern, addresses) or near or _called_like(pattern, addresses)
    hint = f"did you mean {' or '.join(near)}?" if near else _what_there_is(names)
    return UsageError(f"no resource fits {pattern!r}", hint=hint)


def _called(name: str, addresses: list[Address]) -> list[str]:
    """Those of a name whose kind was forgotten."""
    return [str(address) for address in addresses if address.name == name]


def _called_like(name: str, addresses: list[Address]) -> list[str]:
    near = difflib.get_close_matches(name, {address.name for address in addresses}, n=1)
    return _called(near[0], addresses) if near else []


def _what_there_is(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"there are: {', '.join(names[:_LISTED])}{more}" if names else "there are none"
