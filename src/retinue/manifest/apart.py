"""Which of the files that name each other are manifests. Pure: a small question about a graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def told_apart(mentions: Mapping[str, Collection[str]]) -> tuple[set[str], list[list[str]]]:
    """Return the manifests, and the circles among them.

    ``mentions``: each file, and those that it names. A manifest is what no manifest names; of files
    that name each other in a circle nobody can tell, so that all of them are taken for manifests.
    A circle starts with its first file; each file names the next one, and the last the first.
    Linear but for chains: files that only files name that only files name.
    """
    namers: dict[str, set[str]] = {path: set() for path in mentions}
    for path, named in mentions.items():
        for each in named:
            if each in namers:
                namers[each].add(path)
    kept: set[str] = set()
    circles: list[list[str]] = []
    pending = namers
    while pending:
        free = {path for path, by in pending.items() if not by & pending.keys()}
        kept |= {path for path in free if not namers[path] & kept}
        if not free:
            circle = _circle(pending)
            circles.append(circle)
            free = set(circle)
            kept |= free
        named = {path for path, by in pending.items() if by & kept}
        pending = {path: by for path, by in pending.items() if path not in free | named}
    return kept, circles


def _circle(pending: Mapping[str, Collection[str]]) -> list[str]:
    """Return a circle, where every pending file is named by another one."""
    path = min(pending)
    way: list[str] = []
    while path not in way:
        way.append(path)
        path = min(each for each in pending[path] if each in pending)
    circle = way[way.index(path) :][::-1]
    first = circle.index(min(circle))
    return [*circle[first:], *circle[:first]]
