"""The assistants that the documents show, taken over by `retinue import --from`."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

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


@pytest.mark.parametrize("number", ["000", "002", "004"])
def test_a_document_is_taken_over_applied_as_a_release_and_asked(
    tmp_path: Path, number: str
) -> None:
    """With what the report leaves to the user: files that are there, and a store to search."""
    (path,) = SEEDS.glob(f"{number}_*.txt")
    shell = Shell(tmp_path)
    shell.write({"retinue.yaml": "project: school\ntarget: responses\n"})
    shell.ok("import", "--from", str(path))
    with contextlib.closing(Hand(tmp_path / ".retinue" / "platform.db")) as hand:
        files = {"file": ("notes.md", b"# Notes\n\nOne plus one is two.\n")}
        uploaded = hand("POST", "/files", data={"purpose": "assistants"}, files=files)["id"]
        manifest = "assistants/imported/assistant-math-tutor.yaml"
        text = re.sub(r"id: file-\w+", f"id: {uploaded}", (tmp_path / manifest).read_text("utf-8"))
        text = re.sub(r"(?m)^( +)- type: file_search\n(?!\1  vector_store)", _with_store, text)
        shell.write({manifest: f"{text}\nvector_stores:\n  notes: {{files: [{{id: {uploaded}}}]}}\n"
                     if "vector_store: notes" in text else text})  # fmt: skip
        shell.ok("apply", "--auto-approve")
        assert shell.process("plan").conclusion.startswith("No changes.")
        assert hand.objects("assistants") == []
    answer = shell.ok("ask", "math-tutor", "What is one plus one?")
    assert "You said: What is one plus one?" in answer.out


def _with_store(match: re.Match[str]) -> str:
    return f"{match[0]}{match[1]}  vector_store: notes\n"
