"""Servers that stop, die or fall asleep: no run hangs for ever, and no message is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from starlette.applications import Starlette
from tests.seeds.model_server import Body, ModelServer, Reply
from tests.unit.local.scripted import ScriptedModel, says

from retinue.local.app import close_app, create_app
from retinue.local.work import leases

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

HELLO: Any = {"messages": [{"role": "user", "content": "hello"}]}


async def started(http: httpx2.AsyncClient) -> str:
    made = (await http.post("/assistants", json={"model": "gpt-4o"})).json()
    body = {"assistant_id": made["id"], "thread": HELLO}
    run = (await http.post("/threads/runs", json=body)).json()
    return f"/threads/{run['thread_id']}/runs/{run['id']}"


@pytest.fixture
def other(database: Path, clock: Any) -> Any:
    """A second server on the same file, with no work of its own."""
    app = create_app(database, clock=clock)
    yield app
    close_app(app)


def client(app: Starlette) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://other.test/v1",
        headers={"Authorization": "Bearer k", "OpenAI-Beta": "assistants=v2"},
    )


async def test_a_run_of_a_dead_server_fails(
    http: httpx2.AsyncClient, model: ScriptedModel, clock: Any, other: Starlette
) -> None:
    model.script([*says("Once")[:1], asyncio.Event()])
    run = await started(http)
    await model.asked()
    async with client(other) as second:
        clock.advance(leases.LEASE_SECONDS)
        assert (await second.get(run)).json()["status"] == "in_progress"
        clock.advance(1)
        lost = (await second.get(run)).json()
        assert lost["status"] == "failed"
        assert "stopped before it was done" in lost["last_error"]["message"]
        thread = run.rpartition("/runs/")[0]
        said = (await second.get(f"{thread}/messages?order=asc")).json()["data"]
        assert [each["status"] for each in said] == ["completed", "incomplete"]
        again = {"role": "user", "content": "again"}
        assert (await second.post(f"{thread}/messages", json=again)).status_code == 200


async def test_signs_of_life_keep_a_run(
    http: httpx2.AsyncClient,
    model: ScriptedModel,
    clock: Any,
    other: Starlette,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.01)
    going = asyncio.Event()
    model.script([going, *says("done")])
    run = await started(http)
    async with client(other) as second:
        for _ in range(5):
            clock.advance(leases.LEASE_SECONDS)
            await asyncio.sleep(0.1)
            assert (await second.get(run)).json()["status"] == "in_progress"
        going.set()
        await asyncio.sleep(0.1)
        assert (await second.get(run)).json()["status"] == "completed"


async def test_a_run_is_cancelled_through_another_server(
    http: httpx2.AsyncClient,
    model: ScriptedModel,
    other: Starlette,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.01)
    model.script([asyncio.Event()])
    run = await started(http)
    await model.asked()
    async with client(other) as second:
        assert (await second.post(f"{run}/cancel")).json()["status"] == "cancelling"
        await asyncio.sleep(0.2)
        assert (await second.get(run)).json()["status"] == "cancelled"


async def test_a_server_that_wakes_up_too_late_keeps_its_hands_off(
    http: httpx2.AsyncClient, model: ScriptedModel, clock: Any, other: Starlette
) -> None:
    going = asyncio.Event()
    model.script([going, *says("too late")])
    run = await started(http)
    await model.asked()
    clock.advance(leases.LEASE_SECONDS + 1)
    async with client(other) as second:
        assert (await second.get(run)).json()["status"] == "failed"
    going.set()
    await asyncio.sleep(0.1)
    assert (await http.get(run)).json()["status"] == "failed"
    thread = run.rpartition("/runs/")[0]
    assert len((await http.get(f"{thread}/messages")).json()["data"]) == 1


async def test_a_server_that_stops_fails_its_runs_at_once(
    app: Starlette, http: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    model.script([asyncio.Event()])
    run = await started(http)
    await model.asked()
    await app.state.platform.runner.close()
    assert (await http.get(run)).json()["status"] == "failed"


def _serve(database: Path, model: str) -> tuple[subprocess.Popen[str], OpenAI]:
    arguments = ["serve", "--port", "0", "--db", str(database), "--model-url", model]
    process = subprocess.Popen(
        [sys.executable, "-c", "from retinue.cli.main import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    return process, OpenAI(api_key="k", base_url=url, max_retries=0)


@pytest.mark.faults
def test_kill_dash_nine_during_runs(database: Path) -> None:
    """The server is killed while the model thinks; another one takes the file over."""

    def think(_: Body) -> Reply:
        return Reply("slow", pause=2)

    with ModelServer(think) as upstream:
        process, sdk = _serve(database, upstream.url)
        assistant = sdk.beta.assistants.create(model="m").id
        runs = [
            sdk.beta.threads.create_and_run(assistant_id=assistant, thread=HELLO) for _ in range(5)
        ]
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        sdk.close()
        process, sdk = _serve(database, upstream.url)
        deadline = time.monotonic() + leases.LEASE_SECONDS + 5
        statuses: set[str] = set()
        while statuses != {"failed"} and time.monotonic() < deadline:
            time.sleep(0.25)
            statuses = {
                sdk.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status
                for run in runs
            }
        assert statuses == {"failed"}
        for run in runs:
            said = sdk.beta.threads.messages.list(run.thread_id).data
            assert [each.role for each in said] == ["user"]
        sdk.close()
        process.terminate()
        process.communicate(timeout=20)
