from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.cli.shell import Shell, serving
from tests.talk.model import ScriptedModel

ALL = ("assistants", "responses", "agents")
SEARCHING = ("assistants", "responses")
"""The targets that have a file search."""

WORDS = {
    "assistants": ("thread thread_", "run_"),
    "responses": ("conversation conv_", "resp_"),
    "agents": ("session sess_", "turn_"),
}
"""What each target calls a conversation, and how IDs of it and of an answer begin."""

LEFT = {
    "assistants": "it was cancelled",
    "responses": "the assistant is told that nobody answered",
    "agents": "it was cancelled",
}
"""What becomes of a call that was left waiting."""

on_all = pytest.mark.parametrize("target", ALL, indirect=True)
on_searching = pytest.mark.parametrize("target", SEARCHING, indirect=True)

MANIFEST = """\
assistants:
  tutor:
    model: gpt-4o
    instructions: Be short.
    tools:
      - type: function
        function: display-quiz
  plain: {model: gpt-4o}

functions:
  display-quiz:
    name: display_quiz
    parameters: {type: object}

files:
  limits: {path: notes/limits.md}

vector_stores:
  notes: {files: [limits]}
"""

READER = """\
  reader:
    model: gpt-4o
    tools:
      - {type: file_search, vector_store: notes}
"""
"""The assistant that the target agents can't have."""

FILES = {
    "assistants/notes/limits.md": "# Limits\n\nWhere a sequence goes when you search for limits.\n",
    ".env": "OPENAI_API_KEY=of-the-test\n",
}


def files(target: str) -> dict[str, str | None]:
    """The project's files, with all assistants that there can be on ``target``."""
    manifest = MANIFEST.replace("\nfunctions", f"{READER}\nfunctions")
    return {**FILES, "assistants/team.yaml": manifest if target in SEARCHING else MANIFEST}


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="session")
def platform(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of an embedded platform whose model is the scripted one."""
    folder = tmp_path_factory.mktemp("platform")
    with serving(folder, "--model-url", model.url) as (_, url):
        yield url


@pytest.fixture
def target(request: pytest.FixtureRequest) -> str:
    """The target of the project; `on_all` makes it every one in turn."""
    return getattr(request, "param", "assistants")


@pytest.fixture
def project(tmp_path: Path, platform: str, target: str) -> Shell:
    """A project on that server, nothing applied yet. Its name is its own: the server is shared."""
    shell = Shell(tmp_path / "school")
    settings = (
        f"project: school-{uuid4().hex[:8]}\ntarget: {target}\n"
        f"platform: {{api: openai, base_url: {platform!r}}}\n"
    )
    shell.write(files(target) | {"retinue.yaml": settings})
    return shell


@pytest.fixture
def school(project: Shell) -> Shell:
    """The same, applied."""
    project.ok("apply", "--auto-approve")
    return project


def api(platform: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request to the platform, past Retinue."""
    beta = "agents=v1" if path.startswith("/agents") else "assistants=v2"
    headers = {"Authorization": "Bearer x", "OpenAI-Beta": beta}
    answer = httpx2.request(method, platform + path, headers=headers, json=body)
    answer.raise_for_status()
    result: dict[str, Any] = answer.json()
    return result
