"""Start a project: a commented example that plans and applies as it stands. Overwrites nothing."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from retinue.errors import UsageError
from retinue.project import name_from

TEMPLATES = (
    ("retinue.yaml", "retinue.yaml"),
    ("assistants/tutor.yaml", "tutor.yaml"),
    ("assistants/prompts/tutor.md", "tutor.md"),
    ("assistants/docs/welcome.md", "welcome.md"),
    (".github/workflows/assistants.yml", "pipeline.yml"),
    (".gitignore", "gitignore"),
)
"""Path in the new project, and the template it comes from."""


def scaffold(folder: Path) -> list[str]:
    """Write the example into ``folder`` and return the paths that were written.

    A `.gitignore` that exists gets the lines it lacks.

    Raises:
        UsageError: one of the other files is there already; then nothing is written.
    """
    taken = [path for path, _ in TEMPLATES if path != ".gitignore" and (folder / path).exists()]
    if taken:
        raise UsageError(
            f"{folder} has {', '.join(taken)} already",
            hint="choose another folder: retinue init FOLDER",
        )
    name = name_from(folder.resolve())
    for path, template in TEMPLATES:
        text = files("retinue.templates").joinpath(template).read_text(encoding="utf-8")
        _write(folder / path, text.replace("@PROJECT@", name))
    return [path for path, _ in TEMPLATES]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        present = path.read_text(encoding="utf-8", errors="surrogateescape")
        lacking = [line for line in text.splitlines() if line not in present.splitlines()]
        text = present.rstrip("\n") + "\n" + "\n".join(lacking) + "\n" if lacking else present
    path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
