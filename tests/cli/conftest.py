from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell, serving

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-test-server"

MANIFEST = """\
assistants:
  tutor:
    name: Tutor
    model: gpt-4o
    instructions: {file: prompts/tutor.md}
    temperature: 0.2
    tools:
      - type: code_interpreter
        files: [syllabus]
      - type: file_search
        vector_store: notes

files:
  syllabus: {path: data/syllabus.txt}

vector_stores:
  notes:
    files: [syllabus, {glob: "data/notes/*.md"}]
"""

FILES = {
    "retinue.yaml": "project: school\n",
    "assistants/team.yaml": MANIFEST,
    "assistants/prompts/tutor.md": "You are a tutor.\nBe patient.\nKeep answers short.\n",
    "assistants/data/syllabus.txt": "Algebra, then calculus.\n",
    "assistants/data/notes/limits.md": "# Limits\n\nWhere a sequence goes.\n",
}
ALL = [
    "assistant.tutor",
    "file.assistants/data/notes/limits.md",
    "file.syllabus",
    "vector_store.notes",
]
"""The addresses that the manifest declares, as `state list` prints them."""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A small project on the embedded platform, nothing applied yet."""
    shell = Shell(tmp_path / "school")
    shell.write(FILES)
    return shell


@pytest.fixture
def applied(shell: Shell) -> Shell:
    """The same, applied."""
    shell.ok("apply", "--auto-approve")
    return shell


@pytest.fixture
def hand(shell: Shell) -> Iterator[Hand]:
    """Somebody who changes things on the embedded platform behind Retinue's back."""
    with contextlib.closing(Hand(shell.root / ".retinue" / "platform.db")) as hand:
        yield hand


@pytest.fixture
def example(tmp_path: Path) -> Shell:
    """A copy of the example project of this repository."""
    root = tmp_path / "example"
    shutil.copytree(ROOT / "assistants", root / "assistants")
    shutil.copy(ROOT / "retinue.yaml", root)
    return Shell(root)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of one `retinue serve` for all tests of a worker; it wants `KEY`."""
    with serving(tmp_path_factory.mktemp("server"), "--key", KEY) as (_, url):
        yield url
