"""The error tree: what its docstring draws is what it is."""

from __future__ import annotations

import re

from retinue import errors
from retinue.errors import ManifestError, RetinueError
from retinue.problem import Place, Problem

DRAWN = re.compile(r"^( *)\* (\w+) +(\d+)", re.MULTILINE)


def every(kind: type[RetinueError] = RetinueError) -> list[type[RetinueError]]:
    below = [each for child in kind.__subclasses__() for each in every(child)]
    return [kind, *(each for each in below if each.__module__ == errors.__name__)]


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawn = [(len(indent) // 2, name, int(code)) for indent, name, code in
             DRAWN.findall(errors.__doc__ or "")]  # fmt: skip
    real = {(len(kind.__mro__) - 4, kind.__name__, kind.exit_code) for kind in every()}
    assert set(drawn) == real
    parents: list[str] = []
    for depth, name, _ in drawn:
        parents[depth:] = [name]
        if depth:
            assert getattr(errors, name).__bases__[0].__name__ == parents[depth - 1]


def test_codes_are_stable_names_and_each_is_used_once() -> None:
    codes = [kind.code for kind in every()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"RTN-[A-Z]+(-[A-Z]+)*", code) for code in codes)


def test_every_error_says_what_it_is_for() -> None:
    assert all(kind.__doc__ for kind in every())


def test_a_message_and_a_hint() -> None:
    error = RetinueError("what happened", hint="what to do")
    assert (str(error), error.message, error.hint) == (
        "what happened", "what happened", "what to do")  # fmt: skip


def test_manifest_errors_count_their_problems() -> None:
    problem = Problem(code="RTN-X", place=Place("a.yaml"), message="m")
    assert str(ManifestError([problem])) == "1 problem in the manifests"
    assert str(ManifestError([problem, problem])) == "2 problems in the manifests"
