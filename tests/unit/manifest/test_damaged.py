"""Good manifests with something else in one or two places: refused with words, never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.manifest.test_cases import GOOD, write_project

from retinue.errors import ManifestError
from retinue.manifest.source import parse
from retinue.operations.declared import declared
from retinue.problem import KeyPath
from retinue.project import Project, load_project

NAMES = (
    *("good/the-whole-language", "good/what-agents-need", "good/variants-for-targets"),
    "good/odd-but-allowed",
)
GONE = "gone"
JUNK: list[Any] = [
    *(GONE, None, 5, True, "", [], {}, [None], [5], ["a", "a"], {"a": 1}, {"agents": None}),
    *("x/y", "${var:none}", "${env:A}", "x ${env:A}", "$${env:A}", {"env": "A"}, {"command": []}),
    *({"id": ""}, {"path": "none"}, {"fil": "x"}, {"type": "mcp"}, {"type": ["shell"]}),
]


def paths_of(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, (dict, list)):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from paths_of(value[step], (*path, step))


VALUES = {name: parse(GOOD[name]["manifest"], "a.yaml").value for name in NAMES}
DAMAGE = st.sampled_from(NAMES).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.lists(
            st.tuples(st.sampled_from(list(paths_of(VALUES[name]))), st.sampled_from(JUNK)),
            min_size=1,
            max_size=2,
        ),
    )
)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    return {
        name: load_project(
            write_project(tmp_path_factory.mktemp("p"), GOOD[name]), stack=None, environ={}
        )
        for name in NAMES
    }


def damaged(value: Any, path: KeyPath, junk: Any) -> None:
    """Put ``junk`` at ``path``, unless an earlier damage has taken the way to it."""
    *way, last = path
    try:
        for step in way:
            value = value[step]
        if junk == GONE:
            del value[last]
        else:
            value[last] = copy.deepcopy(junk)
    except (KeyError, IndexError, TypeError):
        return


def codes_of(project: Project, target: str | None) -> list[str] | None:
    """The codes of what is wrong; None when nothing is."""
    try:
        declared(project, target=target)
    except ManifestError as error:
        return [problem.code for problem in error.problems]
    return None


@settings(max_examples=150, deadline=None)
@example(
    ("good/odd-but-allowed", [(("assistants", "tutor", "response_format", "type"), "huh")]),
    "agents",
)
@given(DAMAGE, st.sampled_from([None, "assistants", "responses", "agents"]))
def test_whatever_is_wrong_is_said(
    projects: dict[str, Project],
    damage: tuple[str, list[tuple[KeyPath, Any]]],
    target: str | None,
) -> None:
    name, changes = damage
    value = copy.deepcopy(VALUES[name])
    for path, junk in changes:
        damaged(value, path, junk)
    team = Path(projects[name].manifests) / "team.yaml"
    team.write_text(json.dumps(value), encoding="utf-8")
    codes = codes_of(projects[name], target)
    assert codes != []
    assert "RTN-MANIFEST-SCHEMA" not in (codes or ())
