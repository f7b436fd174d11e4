"""What holds for the repository as a whole: its folders, the size of its code, its example."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pypdf
import pytest
import yaml

ROOT = Path(__file__).parents[1]

FOLDERS = {
    ".ci",
    ".github",
    "assistants",
    "bench",
    "docs",
    "schemas",
    "src",
    "tests",
}

# Where there is no git to ask: folders that it would ignore.
UNTRACKED = {
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".retinue",
    ".ruff_cache",
    "__pycache__",
    "build",
    "dist",
    "htmlcov",
}

# In pieces, so that this file does not name what it looks for.
PACKAGE_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
]

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


@cache
def project_files() -> tuple[str, ...]:
    """Paths of the project's own files, relative to its root, with forward slashes."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        if listed.returncode == 0:  # git refuses a clone that belongs to somebody else
            names = listed.stdout.rstrip("\0").split("\0")
            return tuple(sorted(name for name in names if (ROOT / name).is_file()))
    return tuple(sorted(_walk()))


def _walk() -> list[str]:
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in UNTRACKED and not name.startswith(".venv")
        ]
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in files]
    return [name for name in found if not name.startswith(".env") and not name.endswith(".pyc")]


def sources() -> list[str]:
    return [name for name in project_files() if name.startswith("src/") and name.endswith(".py")]


def example_files(*endings: str) -> list[str]:
    return [
        name
        for name in project_files()
        if name.startswith(("assistants/", "schemas/", ".github/", "retinue.yaml"))
        and name.endswith(endings)
    ]


def function_lengths(source: str) -> dict[str, int]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        f"{node.name}, line {node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(ast.parse(source))
        if isinstance(node, functions)
    }


def test_top_level_folders_are_the_ones_we_chose() -> None:
    folders = {name.split("/")[0] for name in project_files() if "/" in name}
    assert folders <= FOLDERS


def test_no_file_names_a_package_registry() -> None:
    named = [
        (name, host)
        for name in project_files()
        for host in PACKAGE_HOSTS
        if host.encode() in (ROOT / name).read_bytes()
    ]
    assert named == []


def test_no_source_file_is_a_giant() -> None:
    lines = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in sources()}
    assert {name: count for name, count in lines.items() if count > MAX_FILE_LINES} == {}


def test_no_function_is_a_giant() -> None:
    giants = {
        f"{name}: {function}": length
        for name in sources()
        for function, length in function_lengths((ROOT / name).read_text("utf-8")).items()
        if length > MAX_FUNCTION_LINES
    }
    assert giants == {}


def test_every_room_is_a_package() -> None:
    folders = {Path(name).parent for name in sources()}
    assert [str(path) for path in folders if not (ROOT / path / "__init__.py").exists()] == []


@pytest.mark.parametrize("name", example_files(".json"))
def test_json_files_parse(name: str) -> None:
    json.loads((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("name", example_files(".yaml", ".yml"))
def test_yaml_files_parse(name: str) -> None:
    assert yaml.safe_load((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("name", example_files(".pdf"))
def test_the_examples_documents_hold_text(name: str) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(ROOT / name).pages]
    assert len(pages) > 1
    assert all(len(text) > 200 for text in pages)


@pytest.mark.parametrize("name", [*example_files(".yaml"), ".editorconfig", "requirements.lock"])
def test_text_files_end_lines_as_unix_does(name: str) -> None:
    content = (ROOT / name).read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"\n")


def test_the_lock_file_pins_everything_by_hash() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert packages
    assert [line for line in packages if "==" not in line or not line.endswith("\\")] == []
    assert not any("://" in line for line in lines)
