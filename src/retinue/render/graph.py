"""The dependency graph as Mermaid and as DOT. Pure.

An edge goes from what depends to what it depends on. Nodes and edges come out sorted, so that the
same project always gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from retinue.address import Address
from retinue.render.escape import visible

Edge = tuple[Address, Address]


class Shape(NamedTuple):
    """How nodes of a kind look: Mermaid's brackets, and DOT's shape."""

    opening: str
    closing: str
    dot: str


_SHAPES: Mapping[str, Shape] = {
    "assistant": Shape("([", "])", "box"),
    "file": Shape("[/", "/]", "note"),
    "vector_store": Shape("[(", ")]", "cylinder"),
    "function": Shape("{{", "}}", "hexagon"),
}
_PLAIN = Shape("[", "]", "ellipse")
_MERMAID_SPECIAL = '"#<>&;`\\'


def mermaid(nodes: Iterable[Address], edges: Iterable[Edge]) -> str:
    """A Mermaid flowchart, ending in a newline."""
    pairs = sorted(set(edges))
    names = {address: f"n{number}" for number, address in enumerate(_all(nodes, pairs))}
    rows = [f"  {name}{_mermaid_node(address)}" for address, name in names.items()]
    arrows = [f"  {names[source]} --> {names[target]}" for source, target in pairs]
    return "\n".join(["flowchart LR", *rows, *arrows]) + "\n"


def _all(nodes: Iterable[Address], edges: Iterable[Edge]) -> list[Address]:
    return sorted({*nodes, *(address for edge in edges for address in edge)})


def _mermaid_node(address: Address) -> str:
    shape = _SHAPES.get(address.kind, _PLAIN)
    text = "".join(f"#{ord(c)};" if c in _MERMAID_SPECIAL else c for c in visible(str(address)))
    return f'{shape.opening}"{text}"{shape.closing}'


def dot(nodes: Iterable[Address], edges: Iterable[Edge]) -> str:
    """A Graphviz digraph, ending in a newline."""
    pairs = sorted(set(edges))
    rows = [
        f"  {_dot_name(address)} [shape={_SHAPES.get(address.kind, _PLAIN).dot}];"
        for address in _all(nodes, pairs)
    ]
    arrows = [f"  {_dot_name(source)} -> {_dot_name(target)};" for source, target in pairs]
    return "\n".join(["digraph retinue {", "  rankdir=LR;", *rows, *arrows, "}"]) + "\n"


def _dot_name(address: Address) -> str:
    text = visible(str(address)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
