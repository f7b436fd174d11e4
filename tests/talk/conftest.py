from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.cli.shell import Shell, serving
from tests.talk.model import ScriptedModel

MANIFEST = """\
assistants:
  tutor:
    model: gpt-4o
    instructions: Be short.
    tools:
      - type: function
        function: display-quiz
  plain: {model: gpt-4o}
  reader:
    model: gpt-4o
    tools:
      - {type: file_search, vector_store: notes}

functions:
  display-quiz:
    name: display_quiz
    parameters: {type: object}

files:
  limits: {path: notes/limits.md}

vector_stores:
  notes: {files: [limits]}
"""

FILES = {
    "assistants/team.yaml": MANIFEST,
    "assistants/notes/limits.md": "# Limits\n\nWhere a sequence goes when you search for limits.\n",
    ".env": "OPENAI_API_KEY=of-the-test\n",
}


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
def project(tmp_path: Path, platform: str) -> Shell:
    """A project on that server, nothing applied yet. Its name is its own: the server is shared."""
    shell = Shell(tmp_path / "school")
    settings = (
        f"project: school-{uuid4().hex[:8]}\nplatform: {{api: openai, base_url: {platform!r}}}\n"
    )
    shell.write(FILES | {"retinue.yaml": settings})
    return shell


@pytest.fixture
def school(project: Shell) -> Shell:
    """The same, applied."""
    project.ok("apply", "--auto-approve")
    return project


def api(platform: str, method: str, path: str) -> dict[str, Any]:
    """One request to the platform, past Retinue."""
    headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    answer = httpx2.request(method, platform + path, headers=headers)
    answer.raise_for_status()
    result: dict[str, Any] = answer.json()
    return result
