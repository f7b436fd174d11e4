"""The assistants that the documents show, taken over by `retinue import --from`."""

from __future__ import annotations

from pathlib import Path

import pytest

from retinue.errors import DumpUnreadable
from retinue.manifest.compose import load
from retinue.operations.dumps.report import Report
from retinue.operations.dumps.taking import import_files
from retinue.project import Project, load_project

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"

pytestmark = pytest.mark.skipif(
    not SEEDS.is_dir(), reason="the seed documents are not beside this repository"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "retinue.yaml").write_text("project: school\n", "utf-8")
    return load_project(tmp_path, stack=None, environ={})


def taken(project: Project, number: str) -> Report:
    (path,) = SEEDS.glob(f"{number}_*.txt")
    return import_files(project, [path], None, dry=False)


@pytest.mark.parametrize(
    ("number", "model", "tools"),
    [
        ("000", "gpt-4-1106-preview", ["code_interpreter", "file_search", "function"]),
        ("002", "gpt-4o", ["code_interpreter", "file_search", "function"]),
        ("004", "gpt-3.5-turbo-1106", []),
    ],
)
def test_a_document_to_a_manifest(
    project: Project, number: str, model: str, tools: list[str]
) -> None:
    (tutor,) = taken(project, number).taken
    assert str(tutor.address) == "assistant.math-tutor"
    for target in ("assistants", "responses"):
        resources = load(project, target=target).resources
        fields = resources[tutor.address].fields  # type: ignore[union-attr]
        assert fields["model"] == model
        written = (project.root / tutor.manifest).read_text("utf-8")
        assert [tool for tool in tools if f"type: {tool}" not in written] == []


@pytest.mark.parametrize(
    ("number", "words"), [("001", "shows no object"), ("003", r"line \d+: .* break off")]
)
def test_a_document_that_shows_none_whole(project: Project, number: str, words: str) -> None:
    with pytest.raises(DumpUnreadable, match=words):
        taken(project, number)
