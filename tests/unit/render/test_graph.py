"""The graph as Mermaid and DOT."""

from __future__ import annotations

from tests.unit.render.plans import PAPER, STORE, TUTOR

from retinue.address import Address
from retinue.render.graph import dot, mermaid

ODD = Address("function", 'say "hi" #1; <b>')
EDGES = [(TUTOR, STORE), (STORE, PAPER), (TUTOR, PAPER), (TUTOR, PAPER)]


def test_mermaid() -> None:
    assert (
        mermaid([ODD, Address("agent", "x"), TUTOR], EDGES)
        == """\
flowchart LR
  n0["agent.x"]
  n1(["assistant.math-tutor"])
  n2[/"file.gpt2-paper"/]
  n3{{"function.say #34;hi#34; #35;1#59; #60;b#62;"}}
  n4[("vector_store.papers")]
  n1 --> n2
  n1 --> n4
  n4 --> n2
"""
    )


def test_dot() -> None:
    assert (
        dot([ODD, Address("file", "a\\b")], EDGES)
        == r"""digraph retinue {
  rankdir=LR;
  "assistant.math-tutor" [shape=box];
  "file.a\\b" [shape=note];
  "file.gpt2-paper" [shape=note];
  "function.say \"hi\" #1; <b>" [shape=hexagon];
  "vector_store.papers" [shape=cylinder];
  "assistant.math-tutor" -> "file.gpt2-paper";
  "assistant.math-tutor" -> "vector_store.papers";
  "vector_store.papers" -> "file.gpt2-paper";
}
"""
    )


def test_an_empty_graph() -> None:
    assert mermaid([], []) == "flowchart LR\n"
    assert dot([], []) == "digraph retinue {\n  rankdir=LR;\n}\n"
