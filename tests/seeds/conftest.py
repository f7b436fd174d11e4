"""A ``retinue serve`` process with the scripted model behind it, for every seed document."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from openai import OpenAI
from tests.seeds.model_server import ModelServer
from tests.seeds.notebook import Notebook
from tests.seeds.tutor import think

_SERVE = "from retinue.cli.main import main; main()"


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with ModelServer(think) as server:
        yield server


@pytest.fixture
def served(tmp_path: Path, model_server: ModelServer) -> Iterator[str]:
    """The base URL of a platform in a process of its own."""
    database = tmp_path / "platform.db"
    arguments = ["serve", "--port", "0", "--db", str(database), "--model-url", model_server.url]
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.endswith("/v1"), process.communicate(timeout=10)
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.fixture
def notebook(served: str) -> Iterator[Callable[[int], Notebook]]:
    """A notebook that speaks a version of the Assistants API."""
    clients: list[OpenAI] = []

    def opened(version: int) -> Notebook:
        def say_version(request: httpx2.Request) -> None:
            # Today's SDK sends version 2 with every request, whatever its default headers are.
            if "openai-beta" in request.headers:
                request.headers["openai-beta"] = f"assistants=v{version}"

        http = httpx2.Client(event_hooks={"request": [say_version]}, timeout=60)
        client = OpenAI(api_key="any", base_url=served, http_client=http, max_retries=0)
        clients.append(client)
        return Notebook(client)

    yield opened
    for client in clients:
        client.close()
