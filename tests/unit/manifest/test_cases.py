"""Runs the data cases of tests/cases/manifests: broken projects, and what good ones mean.

A case is a mapping: ``manifest`` (short for the file assistants/team.yaml), ``project`` (for
retinue.yaml) and ``files``, by path. A file is a text, or a generator:

* ``{text: …, times: n, before: …, after: …}``  a text repeated; ``{n}`` in it counts
* ``{text: …, each: n}``                        n files; ``{n}`` in the path counts
* ``{hex: "ff fe"}``, ``{size: n}``, ``{link: target}``  bytes, zeros, a symbolic link
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from retinue.errors import ManifestError
from retinue.manifest.compose import load
from retinue.manifest.model import (
    Assistant,
    Automation,
    CodeInterpreter,
    Credential,
    Declared,
    Environment,
    EnvironmentFile,
    ExternalId,
    File,
    FileSearch,
    Function,
    FunctionTool,
    InlineFile,
    Lifecycle,
    Manifest,
    Mcp,
    PlainTool,
    Plugin,
    Reference,
    Secret,
    Skill,
    Tool,
    Vault,
    VectorStore,
    WebSearch,
)
from retinue.problem import Problem
from retinue.project import load_project

Item = TypeVar("Item")

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
    if isinstance(resource, Function):
        return {"definition": resource.definition}
    if isinstance(resource, (File, Skill)):
        assert resource.path.exists()
    return {**_own(resource), **plain_lifecycle(resource.lifecycle)}


def _own(resource: Declared) -> dict[str, Any]:
    write: Callable[[Any], dict[str, Any]] = _WRITERS[type(resource)]
    return write(resource)


def plain_assistant(assistant: Assistant) -> dict[str, Any]:
    """What makes sessions is only written where it is named: few assistants have any."""
    found = {
        "target": assistant.target if assistant.target != "assistants" else None,
        "environment": plain_reference(assistant.environment),
        "vaults": each_of(assistant.vaults, plain_reference),
    }
    named = {key: value for key, value in found.items() if value is not None}
    return {"fields": assistant.fields, "tools": each_of(assistant.tools, plain_tool), **named}


def plain_file(file: File) -> dict[str, Any]:
    return {"shown": file.shown, "fields": file.fields}


def plain_store(store: VectorStore) -> dict[str, Any]:
    files = [[plain_reference(each.file), each.attributes] for each in store.files or ()]
    return {"fields": store.fields, "files": files}


def plain_environment(environment: Environment) -> dict[str, Any]:
    return {
        "fields": environment.fields,
        "files": each_of(environment.files, plain_placed),
        "skills": each_of(
            environment.skills, lambda each: [plain_reference(each.skill), each.version]
        ),
        **({"plugins": each_of(environment.plugins, plain_plugin)} if environment.plugins else {}),
        "variables": plain_secrets(environment.variables),
    }


def plain_placed(file: EnvironmentFile | InlineFile) -> list[Any]:
    if isinstance(file, InlineFile):
        return [f"inline {file.shown}", file.path]
    return [plain_reference(file.file), file.path]


def plain_plugin(plugin: Plugin) -> dict[str, Any]:
    assert all((plugin.path / name).is_file() for name in plugin.files)
    return {
        "shown": plugin.shown,
        "files": list(plugin.files),
        "title": plugin.title,
        "description": plugin.description,
    }


def plain_vault(vault: Vault) -> dict[str, Any]:
    return {"fields": vault.fields}


def plain_credential(credential: Credential) -> dict[str, Any]:
    return {
        "vault": plain_reference(credential.vault),
        "fields": credential.fields,
        "auth": plain_secrets(credential.auth),
    }


def plain_skill(skill: Skill) -> dict[str, Any]:
    says = {"title": skill.title, "description": skill.description}
    return {"shown": skill.shown, "files": list(skill.files), **says}


def plain_automation(automation: Automation) -> dict[str, Any]:
    return {
        "fields": automation.fields,
        "schedule": automation.schedule,
        "assistant": plain_reference(automation.assistant),
        "prompt": automation.prompt,
        "environment": plain_reference(automation.environment),
        "vaults": each_of(automation.vaults, plain_reference),
        "session_metadata": automation.session_metadata,
        "paused": automation.paused,
    }


_WRITERS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Assistant: plain_assistant,
    Automation: plain_automation,
    Credential: plain_credential,
    Environment: plain_environment,
    File: plain_file,
    Skill: plain_skill,
    Vault: plain_vault,
    VectorStore: plain_store,
}


def plain_tool(tool: Tool) -> dict[str, Any]:
    match tool:
        case CodeInterpreter(files=files):
            return {"code_interpreter": each_of(files, plain_reference)}
        case FileSearch(vector_store=store, options=options):
            return {"file_search": plain_reference(store), "options": options}
        case WebSearch(options=options):
            return {"web_search": options}
        case Mcp(label=label, options=options, credential=used):
            return {"mcp": label, "options": options, "credential": plain_reference(used)}
        case PlainTool(definition=definition):
            return dict(definition)
        case FunctionTool(definition=definition, source=source, options=options):
            named = None if source is None else str(source)
            rest = {"options": options} if options else {}
            return {"function": definition, "source": named, **rest}


def plain_secrets(value: Any) -> Any:
    if isinstance(value, Secret):
        return f"secret {value}"
    if isinstance(value, dict):
        return {key: plain_secrets(inner) for key, inner in value.items()}
    return value


def each_of(items: Iterable[Item] | None, written: Callable[[Item], Any]) -> list[Any] | None:
    return None if items is None else [written(item) for item in items]


def plain_reference(reference: Reference | None) -> str | None:
    if reference is None:
        return None
    return f"id {reference.id}" if isinstance(reference, ExternalId) else str(reference)


def plain_lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    ignored = list(lifecycle.ignore_changes)
    return {"lifecycle": {"protect": lifecycle.protect, "ignore_changes": ignored}}
