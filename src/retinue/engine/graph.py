"""Order among resources: cycles, levels and what depends on what. Generic and pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


class Cycle(Exception):
    """The graph has a cycle; ``path`` starts and ends with the same node."""

    def __init__(self, path: Iterable[object]) -> None:
        self.path = tuple(path)
        super().__init__(" -> ".join(str(node) for node in self.path))


def levels(graph: Mapping[Node, Iterable[Node]]) -> dict[Node, int]:
    """Give every node its level: 0 without dependencies, else one above the highest of them.

    Dependencies that are no nodes of the graph are passed over. O(nodes + edges).

    Raises:
        Cycle: some nodes depend on each other.
    """
    known = {node: [dep for dep in deps if dep in graph] for node, deps in graph.items()}
    result: dict[Node, int] = {}
    try:
        for node in TopologicalSorter(known).static_order():
            result[node] = 1 + max((result[dep] for dep in known[node]), default=-1)
    except CycleError as error:
        raise Cycle(reversed(error.args[1])) from None
    return result


def dependants(graph: Mapping[Node, Iterable[Node]]) -> dict[Node, set[Node]]:
    """Turn the arrows round: who depends directly on each node."""
    result: dict[Node, set[Node]] = {node: set() for node in graph}
    for node, deps in graph.items():
        for dep in deps:
            if dep in result:
                result[dep].add(node)
    return result


def closure(start: Iterable[Node], arrows: Mapping[Node, Iterable[Node]]) -> set[Node]:
    """All nodes reachable from ``start``, itself included."""
    found: set[Node] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(arrows.get(node, ()))
    return found
