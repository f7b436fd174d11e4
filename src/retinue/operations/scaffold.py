"""Start a project: a commented example that plans and applies as it stands. Overwrites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from retinue.errors import UsageError
from retinue.project import name_from

_OF_ALL = {
    ".github/workflows/assistants.yml": "pipeline.yml",
    ".gitignore": "gitignore",
}
_WITH_STORES = {
    "retinue.yaml": "retinue.yaml",
    "assistants/tutor.yaml": "tutor.yaml",
    "assistants/prompts/tutor.md": "tutor.md",
    "assistants/docs/welcome.md": "welcome.md",
    **_OF_ALL,
}
_WITH_MACHINES = {
    "retinue.yaml": "retinue.yaml",
    "assistants/tutor.yaml": "agents/tutor.yaml",
    "assistants/prompts/tutor.md": "agents/tutor.md",
    "assistants/docs/handbook.md": "agents/handbook.md",
    "assistants/skills/study-plan/SKILL.md": "agents/SKILL.md",
    **_OF_ALL,
}
_TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "assistants": _WITH_STORES,
    "responses": _WITH_STORES,
    "agents": _WITH_MACHINES,
}
"""For each target: path in the new project, and the template it comes from."""

_MODELS: Mapping[str, str] = {"assistants": "gpt-4o", "responses": "gpt-5.2", "agents": "gpt-5.2"}
"""Other servers know the old model by its name; on OpenAI itself it is about to go."""


def scaffold(folder: Path, target: str) -> list[str]:
    """Write the example for ``target`` into ``folder`` and return the paths that were written.

    A `.gitignore` that exists gets the lines it lacks.

    Raises:
        UsageError: one of the other files is there already; then nothing is written.
    """
    templates = _TEMPLATES[target]
    taken = [path for path in templates if path != ".gitignore" and (folder / path).exists()]
    if taken:
        raise UsageError(
            f"{folder} has {', '.join(taken)} already",
            hint="choose another folder: retinue init FOLDER",
        )
    name, model = name_from(folder.resolve()), _MODELS[target]
    words = {"@PROJECT@": name, "@TARGET@": target, "@MODEL@": model}
    for path, template in templates.items():
        text = files("retinue.templates").joinpath(template).read_text(encoding="utf-8")
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        _write(folder / path, text)
    return list(templates)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        present = path.read_text(encoding="utf-8", errors="surrogateescape")
        lacking = [line for line in text.splitlines() if line not in present.splitlines()]
        text = present.rstrip("\n") + "\n" + "\n".join(lacking) + "\n" if lacking else present
    path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
