"""Projects of a given size, as a team would write them: many manifest files, prompts and
functions in files of their own, stores with documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PER_STORE = 10
"""Documents in a vector store, and assistants that search it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many objects of each kind."""

    assistants: int
    files: int
    stores: int

    @property
    def objects(self) -> int:
        """Objects that an apply creates."""
        return self.assistants + self.files + self.stores

    @classmethod
    def of(cls, objects: int) -> Size:
        """``objects`` in the proportion 10 assistants, 10 files, 1 store."""
        stores = max(1, round(objects / 21))
        files = (objects - stores) // 2
        return cls(objects - stores - files, files, stores)

    def __str__(self) -> str:
        counted = ((self.assistants, "assistants"), (self.files, "files"), (self.stores, "stores"))
        return " + ".join(f"{number:,} {name}" for number, name in counted if number)


def write_project(
    root: Path,
    size: Size,
    *,
    base_url: str | None,
    manifests: int = 100,
    target: str = "assistants",
) -> None:
    """Write a project with ``manifests`` manifest files into the new folder ``root``. What the
    target ``agents`` does not have, its assistants go without."""
    where = f"{{api: openai, base_url: '{base_url}'}}" if base_url else "{api: local}"
    (root / "assistants" / "prompts").mkdir(parents=True)
    (root / "assistants" / "functions").mkdir()
    (root / "assistants" / "data").mkdir()
    project = f"version: 1\nproject: bench\ntarget: {target}\nplatform: {where}\n"
    (root / "retinue.yaml").write_text(project)
    count = max(1, min(manifests, size.assistants))
    for number in range(count):
        text = "\n".join(_manifest(root / "assistants", size, number, count, target))
        (root / "assistants" / f"team-{number:03}.yaml").write_text(text + "\n")


def _manifest(folder: Path, size: Size, number: int, count: int, target: str) -> list[str]:
    """The lines of one manifest: every ``count``-th resource, and the files that it names."""
    lines = ["# A part of the team.", "assistants:"]
    for i in range(number, size.assistants, count):
        _write_prompt(folder, i)
        tools = [f"      - {{type: function, function: lookup-{number}}}"]
        lines += _agent(i, tools) if target == "agents" else _assistant(size, i, tools)
    _write_function(folder, number)
    lines += ["", "functions:", f"  lookup-{number}: {{file: functions/lookup_{number}.json}}"]
    files = range(number, size.files, count)
    if files:
        lines += ["", "files:"]
        lines += [f"  doc-{i:05}: {{path: data/doc-{i:05}.md}}" for i in files]
    for i in files:
        (folder / "data" / f"doc-{i:05}.md").write_text(
            f"# Document {i}\n\n" + "Course note. " * 60
        )
    stores = range(number, size.stores, count)
    if stores:
        lines += ["", "vector_stores:"]
    for i in stores:
        lines += _store(size, i)
    return lines


def _write_prompt(folder: Path, i: int) -> None:
    rules = "\n".join(f"- Rule {n}: answer briefly, name your source, ask back." for n in range(25))
    prompt = f"# Tutor {i}\n\nYou help students of course {i}.\n\n{rules}\n"
    (folder / "prompts" / f"tutor-{i:05}.md").write_text(prompt)


def _agent(i: int, tools: list[str]) -> list[str]:
    """The lines of an assistant that every target can express."""
    return [
        f"  tutor-{i:05}:",
        f"    name: Tutor {i}",
        "    model: gpt-4o",
        f"    instructions: {{file: prompts/tutor-{i:05}.md}}",
        "    tools:",
        *tools,
        f"    metadata: {{team: education, course: course-{i}}}",
    ]


def _assistant(size: Size, i: int, tools: list[str]) -> list[str]:
    every = ["      - type: code_interpreter", *tools]
    if size.stores:
        store = (i // PER_STORE) % size.stores
        every += [
            "      - type: file_search",
            f"        vector_store: notes-{store:04}",
            "        max_num_results: 8",
        ]
    return [
        *_agent(i, every),
        f"    description: Helps the students of course {i}.  # one a course",
        "    temperature: 0.2",
    ]


def _store(size: Size, i: int) -> list[str]:
    docs = range(i * PER_STORE, min((i + 1) * PER_STORE, size.files))
    names = ", ".join(f"doc-{doc:05}" for doc in docs)
    return [
        f"  notes-{i:04}:",
        f"    files: [{names}]",
        "    expires_after: {anchor: last_active_at, days: 30}",
    ]


def _write_function(folder: Path, number: int) -> None:
    definition = {
        "name": f"lookup_{number}",
        "description": "Looks an exercise up by its number.",
        "parameters": {
            "type": "object",
            "properties": {
                "chapter": {"type": "integer", "description": "The chapter, from 1."},
                "exercise": {"type": "string", "description": "The exercise, such as 3b."},
                "solution": {"type": "boolean", "description": "Whether to show the solution."},
            },
            "required": ["chapter", "exercise"],
        },
    }
    path = folder / "functions" / f"lookup_{number}.json"
    path.write_text(json.dumps(definition, indent=2) + "\n")
