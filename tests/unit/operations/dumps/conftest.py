from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from retinue.manifest.source import parse
from retinue.operations.dumps.report import Report
from retinue.operations.dumps.taking import import_files
from retinue.project import Project, load_project

CASES = Path(__file__).parents[3] / "cases" / "dumps"

Take = Callable[..., Report]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that declares nothing yet."""
    root = tmp_path / "school"
    root.mkdir()
    (root / "retinue.yaml").write_text("project: school\n", "utf-8")
    return load_project(root, stack=None, environ={})


@pytest.fixture
def take(project: Project) -> Take:
    """Import fixtures by name, or files by path."""

    def take(*names: str | Path, dry: bool = False, out: Path | None = None) -> Report:
        paths = [name if isinstance(name, Path) else CASES / name for name in names]
        return import_files(project, paths, out, dry=dry)

    return take


def written(report: Report) -> dict[str, Any]:
    """Every section of the new manifests, merged."""
    sections: dict[str, dict[str, Any]] = {}
    for file in report.files:
        if file.path.endswith(".yaml"):
            document: Any = parse(file.text, file.path).value
            for section, resources in document.items():
                sections.setdefault(section, {}).update(resources)
    return sections


def said(report: Report, name: str) -> set[tuple[str, str]]:
    """Kind and field of everything that is said of an assistant."""
    (taken,) = [each for each in report.taken if each.address.name == name]
    return {(remark.kind, remark.field) for remark in taken.remarks}


def assistant(**more: Any) -> Mapping[str, Any]:
    """An assistant as the second API returns it."""
    return {
        "id": "asst_1",
        "object": "assistant",
        "created_at": 1736340398,
        "name": "Tutor",
        "description": None,
        "model": "a-model",
        "instructions": "Teach.",
        "tools": [],
        "metadata": {},
        **more,
    }
