"""The first Assistants API: requests and objects in the shapes of the oldest notebooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.unit.local.scripted import ScriptedModel, calls

pytestmark = pytest.mark.anyio

Body = dict[str, Any]
V1 = {"OpenAI-Beta": "assistants=v1"}


@pytest.fixture
def old(http: httpx2.AsyncClient) -> httpx2.AsyncClient:
    http.headers.update(V1)
    return http


async def post(http: httpx2.AsyncClient, path: str, body: Body | None = None) -> Body:
    answer = await http.post(path, json=body or {})
    assert answer.status_code == 200, answer.text
    made: Body = answer.json()
    return made


async def test_an_assistant_with_files(old: httpx2.AsyncClient, upload: Callable[..., Any]) -> None:
    first, second = await upload(name="a.txt"), await upload(name="b.txt")
    tools = [{"type": "retrieval"}, {"type": "code_interpreter"}]
    body = {"model": "gpt-4", "tools": tools, "file_ids": [first]}
    made = await post(old, "/assistants", body)
    assert set(made) == {
        *("id", "object", "created_at", "name", "description", "model", "instructions"),
        *("metadata", "tools", "file_ids"),
    }
    assert (made["tools"], made["file_ids"]) == (tools, [first])
    path = f"/assistants/{made['id']}"
    # The same assistant as version 2 has it.
    new = (await old.get(path, headers={"OpenAI-Beta": "assistants=v2"})).json()
    assert [tool["type"] for tool in new["tools"]] == ["file_search", "code_interpreter"]
    assert new["tool_resources"]["code_interpreter"]["file_ids"] == [first]
    (store,) = new["tool_resources"]["file_search"]["vector_store_ids"]
    changed = await post(old, path, {"file_ids": [first, second]})
    assert changed["file_ids"] == [first, second]
    assert (await old.get(f"/vector_stores/{store}")).status_code == 404
    assert (await post(old, path, {"name": "x"}))["file_ids"] == [first, second]
    listed = (await old.get(f"{path}/files")).json()
    assert [each["id"] for each in listed["data"]] == [first, second]
    assert listed["data"][0]["object"] == "assistant.file"
    assert (await old.delete(f"{path}/files/{first}")).json()["deleted"]
    added = await post(old, f"{path}/files", {"file_id": first})
    assert added["assistant_id"] == made["id"]
    assert (await old.get(path)).json()["file_ids"] == [second, first]
    bare = await post(old, path, {"tools": [], "file_ids": []})
    assert (bare["tools"], bare["file_ids"]) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "file_search"}]},
        {"tool_resources": {}},
        {"temperature": 1},
        {"file_ids": ["file-lost"]},
    ],
)
async def test_what_the_first_version_did_not_have(old: httpx2.AsyncClient, body: Body) -> None:
    answer = await old.post("/assistants", json={"model": "gpt-4"} | body)
    assert answer.status_code in (400, 404)
    assert (await old.get("/assistants")).json()["data"] == []


async def test_messages_with_files(old: httpx2.AsyncClient, upload: Callable[..., Any]) -> None:
    file_id = await upload()
    said = {"role": "user", "content": "x", "file_ids": [file_id]}
    thread = await post(old, "/threads", {"messages": [said]})
    assert set(thread) == {"id", "object", "created_at", "metadata"}
    (message,) = (await old.get(f"/threads/{thread['id']}/messages")).json()["data"]
    assert message["file_ids"] == [file_id]
    assert "attachments" not in message
    assert "status" not in message
    made = await post(old, f"/threads/{thread['id']}/messages", said)
    assert made["file_ids"] == [file_id]
    wrong = said | {"attachments": []}
    answer = await old.post(f"/threads/{thread['id']}/messages", json=wrong)
    assert answer.status_code == 400


async def test_a_run(
    old: httpx2.AsyncClient, model: ScriptedModel, upload: Callable[..., Any]
) -> None:
    file_id = await upload()
    function = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    model.script(calls(("f", {})))
    tools = [{"type": "retrieval"}, function]
    body = {"model": "gpt-4", "tools": tools, "file_ids": [file_id]}
    assistant = await post(old, "/assistants", body)
    thread = {"messages": [{"role": "user", "content": "x", "file_ids": []}]}
    run = await post(
        old, "/threads/runs", {"assistant_id": assistant["id"], "thread": thread, "tools": tools}
    )
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    for _ in range(200):
        if run["status"] == "requires_action":
            break
        await asyncio.sleep(0.01)
        run = (await old.get(path)).json()
    assert (run["tools"], run["file_ids"]) == (tools, [file_id])
    assert not {"usage", "truncation_strategy", "incomplete_details"} & set(run)
    (step,) = (await old.get(f"{path}/steps")).json()["data"]
    assert step["step_details"]["tool_calls"][0]["function"]["name"] == "f"
