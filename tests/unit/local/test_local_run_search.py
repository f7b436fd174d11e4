"""File search within a run and a response: which stores, what is shown, what is cited.

The search itself is stood in for; how it finds things is tested where it lives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import httpx2
import pytest
from tests.unit.local.scripted import ScriptedModel, calls, says

from retinue.local.turns.items import Hit
from retinue.local.work import searching

pytestmark = pytest.mark.anyio

Body = dict[str, Any]
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


class Shelf:
    """Finds one passage in the first of the stores, and remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], str, Body]] = []

    def __call__(
        self, _: object, store_ids: Sequence[str], query: str, /, **options: Any
    ) -> list[Hit]:
        self.asked.append((list(store_ids), query, options))
        return [Hit("file-1", "paper.pdf", store_ids[0], 0.75, "A passage.", {"year": 2019})]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr(searching, "_room", lambda: made)
    return made


async def post(http: httpx2.AsyncClient, path: str, body: Body) -> Body:
    answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    made: Body = answer.json()
    return made


async def ran(http: httpx2.AsyncClient, body: Body) -> Body:
    run = await post(http, "/threads/runs", body)
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    while run["status"] in ("queued", "in_progress"):
        await asyncio.sleep(0.005)
        run = (await http.get(path)).json()
    return run


async def test_the_stores_of_the_assistant_and_of_the_thread(
    http: httpx2.AsyncClient,
    model: ScriptedModel,
    shelf: Shelf,
    upload: Callable[..., Any],
    index: Callable[[], None],
) -> None:
    model.script(calls(("file_search", {"query": "thesis"})), says("So【0:0†paper.pdf】."))
    store = (await post(http, "/vector_stores", {}))["id"]
    ranking = {"ranking_options": {"score_threshold": 0.5}, "max_num_results": 3}
    assistant = {
        "model": "gpt-4o",
        "tools": [{"type": "file_search", "file_search": ranking}],
        "tool_resources": {"file_search": {"vector_store_ids": [store]}},
    }
    attached = {"file_id": await upload(), "tools": [{"type": "file_search"}]}
    said = {"role": "user", "content": "What?", "attachments": [attached]}
    made = (await post(http, "/assistants", assistant))["id"]
    index()
    starting = asyncio.create_task(
        ran(http, {"assistant_id": made, "thread": {"messages": [said]}})
    )
    await asyncio.sleep(0.05)
    index()
    run = await starting
    assert run["status"] == "completed", run["last_error"]
    ((stores, query, options),) = shelf.asked
    assert (stores[0], len(stores), query) == (store, 2, "thesis")
    assert options == {"limit": 3, "score_threshold": 0.5, "filters": None, "vectors": []}
    messages = (await http.get(f"/threads/{run['thread_id']}/messages")).json()["data"]
    (noted,) = messages[0]["content"][0]["text"]["annotations"]
    assert noted["file_citation"] == {"file_id": "file-1"}
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/steps"
    for include, content in ({}, None), ({"include[]": CONTENT}, "A passage."):
        step = (await http.get(path, params={"order": "asc"} | include)).json()["data"][0]
        (result,) = step["step_details"]["tool_calls"][0]["file_search"]["results"]
        assert (result["file_name"], result["score"]) == ("paper.pdf", 0.75)
        assert [part["text"] for part in result.get("content", [])] == [content][: bool(content)]


async def test_a_response_searches_and_cites(
    http: httpx2.AsyncClient, model: ScriptedModel, shelf: Shelf
) -> None:
    script = calls(("file_search", {"query": "thesis"})), says("So【0:0†paper.pdf】.")
    model.script(*script, *script)
    store = (await post(http, "/vector_stores", {}))["id"]
    filters = {"type": "eq", "key": "year", "value": 2019}
    tool = {"type": "file_search", "vector_store_ids": [store], "filters": filters}
    body = {"model": "m", "input": "What?", "tools": [tool]}
    made = await post(http, "/responses", body)
    call, message = made["output"]
    assert (call["queries"], call["status"], call["results"]) == (["thesis"], "completed", None)
    (part,) = message["content"]
    assert part["text"] == "So."
    assert part["annotations"] == [
        {"type": "file_citation", "index": 2, "file_id": "file-1", "filename": "paper.pdf"}
    ]
    shown = await post(http, "/responses", body | {"include": ["file_search_call.results"]})
    (result,) = shown["output"][0]["results"]
    assert (result["text"], result["attributes"]) == ("A passage.", {"year": 2019})
    assert shelf.asked[0][2]["filters"] == filters
    # The next turn still knows what was found, and can cite it.
    model.script(says("Again【0:0†paper.pdf】."))
    later = {"model": "m", "input": "Sure?", "previous_response_id": made["id"]}
    after = await post(http, "/responses", later)
    assert after["output"][0]["content"][0]["annotations"][0]["file_id"] == "file-1"


async def test_a_store_that_is_gone_holds_nothing(
    http: httpx2.AsyncClient, model: ScriptedModel, shelf: Shelf
) -> None:
    model.script(calls(("file_search", {"query": "x"})), says("nothing"))
    store = (await post(http, "/vector_stores", {}))["id"]
    assistant = {
        "model": "m",
        "tools": [{"type": "file_search"}],
        "tool_resources": {"file_search": {"vector_store_ids": [store]}},
    }
    made = (await post(http, "/assistants", assistant))["id"]
    await http.delete(f"/vector_stores/{store}")
    thread = {"messages": [{"role": "user", "content": "x"}]}
    assert (await ran(http, {"assistant_id": made, "thread": thread}))["status"] == "completed"
    assert shelf.asked == []
    assert model.asks[1].history[-1].output == "No passage was found."  # type: ignore[union-attr]
