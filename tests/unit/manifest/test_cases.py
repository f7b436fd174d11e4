"""Runs the data cases of tests/cases/manifests: broken projects, and what good ones mean.

A case is a mapping: ``manifest`` (short for the file assistants/team.yaml), ``project`` (for
retinue.yaml) and ``files``, by path. A file is a text, or a generator:

* ``{text: …, times: n, before: …, after: …}``  a text repeated; ``{n}`` in it counts
* ``{text: …, each: n}``                        n files; ``{n}`` in the path counts
* ``{hex: "ff fe"}``, ``{size: n}``, ``{link: target}``  bytes, zeros, a symbolic link
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from retinue.errors import ManifestError
from retinue.manifest.compose import load
from retinue.manifest.model import (
    Assistant,
    CodeInterpreter,
    Declared,
    ExternalId,
    File,
    FileSearch,
    FunctionTool,
    Lifecycle,
    Manifest,
    Reference,
    Tool,
    VectorStore,
)
from retinue.problem import Problem
from retinue.project import load_project

CASES = Path(__file__).parents[2] / "cases" / "manifests"


def read_cases(*, good: bool) -> dict[str, dict[str, Any]]:
    """Return all cases by ``<file>/<name>``: the good ones, or the broken ones."""
    return {
        f"{path.stem}/{name}": case
        for path in sorted(CASES.glob("*.yaml"))
        for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        if (path.stem == "good") is good
    }


def write_project(root: Path, case: dict[str, Any]) -> Path:
    """Write a case's project into ``root`` and return the folder of its project file."""
    folder = root / "project"
    files: dict[str, Any] = {"retinue.yaml": case.get("project", "project: demo\n")}
    if "manifest" in case:
        files["assistants/team.yaml"] = case["manifest"]
    for shown, content in {**files, **case.get("files", {})}.items():
        for path, one in _each(shown, content):
            _write(folder / path, one)
    return folder


def _each(shown: str, content: Any) -> list[tuple[str, Any]]:
    if isinstance(content, dict) and "each" in content:
        text = content["text"]
        return [(shown.replace("{n}", str(n)), text) for n in range(content["each"])]
    return [(shown, content)]


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8", newline="")
    elif "link" in content:
        path.symlink_to(content["link"])
    elif "hex" in content:
        path.write_bytes(bytes.fromhex(content["hex"]))
    elif "size" in content:
        with path.open("wb") as stream:
            stream.truncate(content["size"])  # a hole: no disk is used
    else:
        parts = (content["text"].replace("{n}", str(n)) for n in range(content["times"]))
        text = content.get("before", "") + "".join(parts) + content.get("after", "")
        path.write_text(text, encoding="utf-8", newline="")


BROKEN = read_cases(good=False)
GOOD = read_cases(good=True)


def read(root: Path, case: dict[str, Any]) -> Manifest:
    return load(load_project(write_project(root, case), stack=None, environ={}))


def check(found: Sequence[Problem], expected: list[dict[str, str]]) -> None:
    assert [f"{each.place} {each.code}" for each in found] == [
        f"{each['at']} {each['code']}" for each in expected
    ]
    for problem, wanted in zip(found, expected, strict=True):
        assert wanted["message"] in problem.message
        assert wanted.get("hint", "") in (problem.hint or "")


@pytest.mark.parametrize("name", BROKEN)
def test_every_problem_is_reported_at_its_place(name: str, tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, BROKEN[name])
    check(caught.value.problems, BROKEN[name]["problems"])


@pytest.mark.parametrize("name", GOOD)
def test_a_good_project_means_what_it_says(name: str, tmp_path: Path) -> None:
    case = GOOD[name]
    manifest = read(tmp_path, case)
    check(manifest.warnings, case.get("warnings", []))
    assert [str(address) for address in manifest.resources] == case["addresses"]
    found = {str(address): plain(each) for address, each in manifest.resources.items()}
    assert {key: found[key] for key in case.get("resources", {})} == case.get("resources", {})
    assert [[str(m.source), str(m.target)] for m in manifest.moves] == case.get("moves", [])
    assert [[str(r.address), r.destroy] for r in manifest.removals] == case.get("removals", [])


def plain(resource: Declared) -> dict[str, Any]:
    """Write a typed resource as the cases do."""
    if isinstance(resource, Assistant):
        tools = None if resource.tools is None else [plain_tool(tool) for tool in resource.tools]
        return {"fields": resource.fields, "tools": tools, **plain_lifecycle(resource.lifecycle)}
    if isinstance(resource, File):
        assert resource.path.is_file()
        shown = {"shown": resource.shown, "fields": resource.fields}
        return {**shown, **plain_lifecycle(resource.lifecycle)}
    if isinstance(resource, VectorStore):
        files = [[plain_reference(each.file), each.attributes] for each in resource.files or ()]
        return {"fields": resource.fields, "files": files, **plain_lifecycle(resource.lifecycle)}
    return {"definition": resource.definition}


def plain_tool(tool: Tool) -> dict[str, Any]:
    if isinstance(tool, CodeInterpreter):
        files = None if tool.files is None else [plain_reference(each) for each in tool.files]
        return {"code_interpreter": files}
    if isinstance(tool, FileSearch):
        return {"file_search": plain_reference(tool.vector_store), "options": tool.options}
    assert isinstance(tool, FunctionTool)
    source = None if tool.source is None else str(tool.source)
    return {"function": tool.definition, "source": source}


def plain_reference(reference: Reference | None) -> str | None:
    if reference is None:
        return None
    return f"id {reference.id}" if isinstance(reference, ExternalId) else str(reference)


def plain_lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    ignored = list(lifecycle.ignore_changes)
    return {"lifecycle": {"protect": lifecycle.protect, "ignore_changes": ignored}}
