"""Code that a run executes: its files, its pictures, what stays, and no sandbox at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from tests.unit.local.scripted import ScriptedModel, calls, says

from retinue.local.sandbox import Unavailable, find
from retinue.local.work import interpreting, sandboxes

Body = dict[str, Any]
needs_sandbox = pytest.mark.skipif(
    isinstance(find(), Unavailable), reason="this machine has no sandbox"
)
pytestmark = pytest.mark.anyio


class Talk:
    """One thread with one assistant that has a code interpreter."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._run: Body = {}

    async def ask(self, *file_ids: str, thread: str | None = None) -> Body:
        tools = [{"type": "code_interpreter"}]
        resources = {"code_interpreter": {"file_ids": list(file_ids)}}
        made = {"model": "m", "tools": tools, "tool_resources": resources}
        assistant = (await self._http.post("/assistants", json=made)).json()["id"]
        said = {"messages": [{"role": "user", "content": "go"}]}
        if thread is None:
            thread = (await self._http.post("/threads", json=said)).json()["id"]
        path = f"/threads/{thread}/runs"
        run = (await self._http.post(path, json={"assistant_id": assistant})).json()
        while run["status"] in ("queued", "in_progress"):
            await asyncio.sleep(0.02)
            run = (await self._http.get(f"{path}/{run['id']}")).json()
        self._run = run
        return run  # type: ignore[no-any-return]

    async def outputs(self) -> list[Body]:
        path = f"/threads/{self._run['thread_id']}/runs/{self._run['id']}/steps?order=asc"
        step = (await self._http.get(path)).json()["data"][0]
        (call,) = step["step_details"]["tool_calls"]
        found: list[Body] = call["code_interpreter"]["outputs"]
        return found

    async def content(self) -> list[Body]:
        path = f"/threads/{self._run['thread_id']}/messages"
        found: list[Body] = (await self._http.get(path)).json()["data"][0]["content"]
        return found


@pytest.fixture
async def talk(app: Starlette, http: httpx2.AsyncClient) -> AsyncIterator[Talk]:
    yield Talk(http)
    await sandboxes.close(app.state.platform)


@needs_sandbox
async def test_files_go_in_and_come_out(
    talk: Talk, http: httpx2.AsyncClient, model: ScriptedModel, upload: Callable[..., Any]
) -> None:
    table = await upload(b"a,b\n1,2\n", "../table one.csv")
    code = (
        "text = open('/mnt/data/table one.csv').read()\n"
        "open('/mnt/data/copy.csv', 'w').write(text * 2)\n"
        "print(text)"
    )
    model.script(calls(("python", {"code": code})), says("Here: sandbox:/mnt/data/copy.csv."))
    run = await talk.ask(table)
    assert run["status"] == "completed", run["last_error"]
    assert "table one.csv" in (model.asks[0].tools[0].description or "")
    (logs,) = await talk.outputs()
    assert "1,2" in logs["logs"]
    (text,) = await talk.content()
    (link,) = text["text"]["annotations"]
    assert (link["type"], link["text"]) == ("file_path", "sandbox:/mnt/data/copy.csv")
    made = (await http.get(f"/files/{link['file_path']['file_id']}")).json()
    assert (made["filename"], made["purpose"]) == ("copy.csv", "assistants_output")
    kept = await http.get(f"/files/{made['id']}/content")
    assert kept.content == b"a,b\n1,2\n" * 2


@needs_sandbox
async def test_variables_stay_on_a_thread_and_nowhere_else(
    talk: Talk, model: ScriptedModel
) -> None:
    model.script(calls(("python", {"code": "secret = 42"})), says("kept"))
    thread = (await talk.ask())["thread_id"]
    model.script(calls(("python", {"code": "print(secret)"})), says("seen"))
    await talk.ask(thread=thread)
    assert "42" in (await talk.outputs())[0]["logs"]
    model.script(calls(("python", {"code": "print(secret)"})), says("not seen"))
    await talk.ask()
    assert "NameError" in (await talk.outputs())[0]["logs"]


@needs_sandbox
@pytest.mark.usefixtures("talk")
async def test_the_responses_api_shows_code(http: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.script(calls(("python", {"code": "print(6 * 7)"})), says("42"))
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    body = {"model": "m", "input": "go", "tools": [tool]}
    made = (await http.post("/responses", json=body)).json()
    call, message = made["output"]
    assert (call["status"], call["code"], call["outputs"]) == ("completed", "print(6 * 7)", None)
    assert message["content"][0]["text"] == "42"
    path = f"/responses/{made['id']}?include[]=code_interpreter_call.outputs"
    shown = (await http.get(path)).json()["output"][0]
    assert shown["outputs"] == [{"type": "logs", "logs": "42\n"}]


async def test_without_a_sandbox_nothing_runs(
    talk: Talk, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreting, "find", lambda: Unavailable("bubblewrap is missing"))
    model.script(calls(("python", {"code": "print(1)"})))
    run = await talk.ask()
    assert run["status"] == "failed"
    assert run["last_error"] == {
        "code": "server_error",
        "message": "The code interpreter is not available: bubblewrap is missing.",
    }
