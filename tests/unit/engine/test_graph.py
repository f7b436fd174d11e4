"""Levels, closures and cycles."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.engine.graph import Cycle, closure, dependants, levels

NODES = range(12)
ACYCLIC = st.dictionaries(
    st.sampled_from(NODES), st.sets(st.sampled_from(NODES), max_size=4), max_size=12
).map(lambda graph: {node: {dep for dep in deps if dep < node} for node, deps in graph.items()})


def test_a_level_is_one_above_the_highest_dependency() -> None:
    graph = {"file": [], "store": ["file"], "assistant": ["file", "store"], "other": []}
    assert levels(graph) == {"file": 0, "store": 1, "assistant": 2, "other": 0}


def test_dependencies_outside_of_the_graph_are_passed_over() -> None:
    assert levels({"a": ["nowhere"]}) == {"a": 0}


@pytest.mark.parametrize("graph", [{"a": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["a"]}])
def test_a_cycle_is_named_from_end_to_end(graph: dict[str, list[str]]) -> None:
    with pytest.raises(Cycle) as caught:
        levels(graph)
    path = caught.value.path
    assert path[0] == path[-1]
    assert set(path) == set(graph)
    assert str(caught.value).count(" -> ") == len(graph)
    steps = pairwise(path)
    assert all(after in graph[str(before)] for before, after in steps)


@given(ACYCLIC)
def test_every_dependency_is_below(graph: dict[int, set[int]]) -> None:
    level = levels(graph)
    assert level.keys() == graph.keys()
    for node, deps in graph.items():
        assert level[node] == 1 + max((level[d] for d in deps if d in graph), default=-1)


@given(ACYCLIC)
def test_turning_the_arrows_twice_gives_the_graph_again(graph: dict[int, set[int]]) -> None:
    whole = {node: graph.get(node, set()) for node in NODES}
    assert dependants(dependants(whole)) == whole


@given(ACYCLIC, st.sets(st.sampled_from(NODES)))
def test_a_closure_is_closed_and_has_nothing_more(
    graph: dict[int, set[int]], start: set[int]
) -> None:
    found = closure(start, graph)
    assert start <= found
    assert all(graph.get(node, set()) <= found for node in found)
    reached = {dep for node in found for dep in graph.get(node, ())}
    assert found <= start | reached


def test_a_closure_of_a_circle_ends() -> None:
    assert closure(["a"], {"a": ["b"], "b": ["a"]}) == {"a", "b"}
