"""Answers that are not what the API promises, through the client: one error, and no second try."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.platform.test_client import Script, an_upload, answer, ask

from retinue.errors import PlatformError, Unavailable
from retinue.platform.client import PlatformClient

Question = Callable[[PlatformClient], Awaitable[Any]]


async def listed(client: PlatformClient) -> list[Any]:
    return [item async for page in client.pages("/files", size=2) for item in page]


async def streamed(client: PlatformClient) -> list[Any]:
    return [event async for event in client.stream("/responses", {})]


async def heard(client: PlatformClient) -> list[Any]:
    async with client.listening("/agents/sessions/s/events") as events:
        return [event async for event in events]


ONE: dict[str, Question] = {
    "get": lambda client: client.get("/files/f"),
    "find": lambda client: client.find("/files/f"),
    "create": lambda client: client.create("/assistants", {}),
    "change": lambda client: client.change("/assistants/a", {}),
}
LISTS: dict[str, Question] = {
    "pages": listed,
    "page": lambda client: client.page("/models"),
    "add": lambda client: client.add("/conversations/c/items", {}),
}
STREAMS: dict[str, Question] = {"stream": streamed, "listening": heard}
DELETE: dict[str, Question] = {"delete": lambda client: client.delete("/files/f")}
ALL = ONE | LISTS | STREAMS | DELETE


def raw(content: str, kind: str = "application/json") -> httpx2.Response:
    return httpx2.Response(200, content=content, headers={"content-type": kind})


def refused(answered: httpx2.Response, question: Question) -> Unavailable:
    """The error; the request was sent once."""
    script = Script([answered])
    with pytest.raises(Unavailable) as caught:
        ask(script, question)
    assert len(script.sent) == 1
    assert "the server's answer is not what the API promises (" in caught.value.message
    assert "it usually ends in /v1" in str(caught.value.hint)
    return caught.value


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "id is missing"),
        ([], "a list instead of an object"),
        (None, "null instead of an object"),
        ("text", "a text instead of an object"),
        (True, "true instead of an object"),
        ({"id": 5}, "id is a number instead of a text"),
        ({"id": None}, "id is null instead of a text"),
        ({"id": ""}, "id is an empty text instead of a text"),
        ({"object": "list", "data": []}, "id is missing"),
        ({"id": "x", "metadata": []}, "metadata is a list instead of an object"),
        ({"id": "x", "tools": [None]}, "tools[0] is null"),
        ({"id": "x", "created_at": float("inf")}, "created_at is not finite instead of a number"),
        ({"id": "x", "target": {"vault_ids": 3}}, "target.vault_ids is a number"),
    ],
)
@pytest.mark.parametrize("name", ONE)
def test_what_is_no_object_with_an_id(name: str, body: Any, why: str) -> None:
    error = refused(raw(json.dumps(body)), ONE[name])
    assert why in error.message


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "data is missing"),
        ([], "a list instead of a list of objects"),
        ({"data": None}, "data is null instead of a list of objects"),
        ({"data": {}}, "data is an object"),
        ({"data": [1]}, "data[0] is a number instead of an object"),
        ({"data": [], "has_more": "yes"}, "has_more is a text"),
        ({"id": "x"}, "data is missing"),
    ],
)
@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_list(name: str, body: Any, why: str) -> None:
    assert why in refused(raw(json.dumps(body)), LISTS[name]).message


def test_objects_of_pages_have_ids() -> None:
    body = {"data": [{"id": "a"}, {"name": "b"}]}
    assert "data[1].id is missing" in refused(answer(200, body), listed).message


@pytest.mark.parametrize("body", [{}, [], None, {"deleted": False}, {"id": "x"}])
def test_what_does_not_say_that_it_is_deleted(body: Any) -> None:
    refused(raw(json.dumps(body)), DELETE["delete"])


def test_a_deletion_may_be_answered_without_a_body() -> None:
    assert ask(Script([httpx2.Response(204)]), DELETE["delete"]) is None


@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/html; charset=utf-8"])
@pytest.mark.parametrize("name", ALL)
def test_a_web_page_is_no_answer(name: str, kind: str) -> None:
    error = refused(raw("<!doctype html><title>Hello</title>", kind), ALL[name])
    assert "web page" in error.message or kind.partition(";")[0] in error.message


@pytest.mark.parametrize("content", ["", " ", "{", '{"id": "x"', "nothing", "\x00", "[" * 100_000])
@pytest.mark.parametrize("name", ONE | LISTS)
def test_an_answer_that_is_no_json(name: str, content: str) -> None:
    refused(raw(content), ALL[name])


def test_an_upload_is_held_to_the_same(tmp_path: Path) -> None:
    upload = an_upload(tmp_path)
    error = refused(answer(200, {}), lambda client: client.upload("/files", {}, upload, "a.md"))
    assert error.message.startswith("POST /files: ")


def test_an_object_whose_kind_of_content_nobody_says_is_read_all_the_same() -> None:
    assert ask(Script([raw('{"id": "x"}', "text/plain")]), ONE["get"]) == {"id": "x"}


def test_an_event_that_is_no_json() -> None:
    refused(raw("data: {\n\n", "text/event-stream"), streamed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("data"), inner),
)


@given(name=st.sampled_from(sorted(ALL)), body=JSON, status=st.sampled_from([200, 400, 404, 429]))
def test_whatever_is_answered_ends_in_an_error_of_ours(name: str, body: Any, status: int) -> None:
    told = httpx2.Response(status, content=json.dumps(body))
    with contextlib.suppress(PlatformError):
        ask(Script([told]), ALL[name])
