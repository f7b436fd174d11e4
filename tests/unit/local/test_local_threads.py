"""Threads and messages: made, read back, changed, paged, and what attachments do to a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.anyio

Body = dict[str, Any]


async def post(http: httpx2.AsyncClient, path: str, body: Body | None = None) -> Body:
    answer = await http.post(path, json=body or {})
    assert answer.status_code == 200, answer.text
    made: Body = answer.json()
    return made


async def test_a_thread_is_made_read_changed_and_deleted(http: httpx2.AsyncClient) -> None:
    made = await post(http, "/threads", {"metadata": {"a": "b"}})
    assert made["id"].startswith("thread_")
    assert made["tool_resources"] == {}
    changed = await post(http, f"/threads/{made['id']}", {"metadata": {"c": "d"}})
    assert changed == made | {"metadata": {"c": "d"}}
    assert (await http.get(f"/threads/{made['id']}")).json() == changed
    gone = (await http.delete(f"/threads/{made['id']}")).json()
    assert gone == {"id": made["id"], "object": "thread.deleted", "deleted": True}
    assert (await http.get(f"/threads/{made['id']}")).status_code == 404


async def test_messages_are_listed_newest_first(http: httpx2.AsyncClient) -> None:
    said = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
    thread = await post(http, "/threads", {"messages": said})
    path = f"/threads/{thread['id']}/messages"
    third = await post(http, path, {"role": "user", "content": "three", "metadata": {"n": "3"}})
    assert third["status"] == "completed"
    assert third["content"] == [{"type": "text", "text": {"value": "three", "annotations": []}}]
    listed = (await http.get(path)).json()
    words = [each["content"][0]["text"]["value"] for each in listed["data"]]
    assert words == ["three", "two", "one"]
    after = (await http.get(path, params={"order": "asc", "after": listed["last_id"]})).json()
    assert [each["role"] for each in after["data"]] == ["assistant", "user"]


async def test_a_message_is_changed_and_deleted(http: httpx2.AsyncClient) -> None:
    thread = await post(http, "/threads")
    path = f"/threads/{thread['id']}/messages"
    made = await post(http, path, {"role": "user", "content": "x"})
    one = f"{path}/{made['id']}"
    assert (await post(http, one, {"metadata": {"k": "v"}}))["metadata"] == {"k": "v"}
    assert (await http.delete(one)).json()["object"] == "thread.message.deleted"
    assert (await http.get(one)).status_code == 404
    assert (await http.get(path)).json()["data"] == []


async def test_parts_of_a_message(http: httpx2.AsyncClient, upload: Callable[..., Any]) -> None:
    image = await upload(b"\x89PNG....", "a.png")
    content = [
        {"type": "text", "text": "look"},
        {"type": "image_file", "image_file": {"file_id": image}},
        {"type": "image_url", "image_url": {"url": "https://x.invalid/a.png", "detail": "low"}},
    ]
    thread = await post(http, "/threads")
    made = await post(
        http, f"/threads/{thread['id']}/messages", {"role": "user", "content": content}
    )
    assert [each["type"] for each in made["content"]] == ["text", "image_file", "image_url"]
    assert made["content"][1]["image_file"] == {"file_id": image, "detail": "auto"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"content": "x"}, "role"),
        ({"role": "system", "content": "x"}, "role"),
        ({"role": "user"}, "content"),
        ({"role": "user", "content": ""}, "content"),
        ({"role": "user", "content": []}, "content"),
        ({"role": "user", "content": 7}, "content"),
        ({"role": "user", "content": [{"type": "sound"}]}, "content[0].type"),
        ({"role": "user", "content": "x", "file_ids": []}, "file_ids"),
        ({"role": "user", "content": "x", "attachments": [{}]}, "attachments[0].file_id"),
    ],
)
async def test_wrong_messages(http: httpx2.AsyncClient, body: Body, param: str) -> None:
    thread = await post(http, "/threads")
    answer = await http.post(f"/threads/{thread['id']}/messages", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


async def test_attachments_serve_the_thread(
    http: httpx2.AsyncClient, upload: Callable[..., Any]
) -> None:
    paper, table = await upload(name="paper.txt"), await upload(name="table.csv")
    attached = [
        {"file_id": paper, "tools": [{"type": "file_search"}]},
        {"file_id": table, "tools": [{"type": "code_interpreter"}]},
    ]
    said = [{"role": "user", "content": "x", "attachments": attached}]
    thread = await post(http, "/threads", {"messages": said})
    resources = thread["tool_resources"]
    assert resources["code_interpreter"] == {"file_ids": [table]}
    (store_id,) = resources["file_search"]["vector_store_ids"]
    store = (await http.get(f"/vector_stores/{store_id}")).json()
    assert store["expires_after"] == {"anchor": "last_active_at", "days": 7}
    files = (await http.get(f"/vector_stores/{store_id}/files")).json()["data"]
    assert [each["id"] for each in files] == [paper]
    # The next message's attachments go into the same store.
    other = await upload(name="other.txt")
    more = {"file_id": other, "tools": [{"type": "file_search"}]}
    body = {"role": "user", "content": "y", "attachments": [more]}
    made = await post(http, f"/threads/{thread['id']}/messages", body)
    assert made["attachments"] == [more]
    again = (await http.get(f"/threads/{thread['id']}")).json()
    assert again["tool_resources"] == resources


async def test_unknown_files_and_stores_are_refused(http: httpx2.AsyncClient) -> None:
    for resources in (
        {"code_interpreter": {"file_ids": ["file-lost"]}},
        {"file_search": {"vector_store_ids": ["vs_lost"]}},
    ):
        answer = await http.post("/threads", json={"tool_resources": resources})
        assert answer.status_code == 404
    lost = {"file_id": "file-lost", "tools": [{"type": "file_search"}]}
    said = [{"role": "user", "content": "x", "attachments": [lost]}]
    assert (await http.post("/threads", json={"messages": said})).status_code == 404


async def test_a_deleted_file_leaves_the_thread(
    http: httpx2.AsyncClient, upload: Callable[..., Any]
) -> None:
    file_id = await upload()
    code = {"code_interpreter": {"file_ids": [file_id]}}
    thread = await post(http, "/threads", {"tool_resources": code})
    await http.delete(f"/files/{file_id}")
    after = (await http.get(f"/threads/{thread['id']}")).json()
    assert after["tool_resources"] == {"code_interpreter": {"file_ids": []}}
