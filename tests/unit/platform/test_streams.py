"""Streams that are posted or listened to, and inputs that are only accepted."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from tests.unit.platform.test_client import LOST, LOST_IDS, Answer, Script, answer, ask

from retinue.errors import Rejected, Unavailable
from retinue.platform.client import ATTEMPTS, PlatformClient

PATH = "/agents/sessions/s/events"
IDLE = {"type": "agent.session.idle"}
ERROR = {"type": "error", "error": {"code": "server_error", "message": "It is not well."}}


def streamed(*events: Any) -> httpx2.Response:
    text = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)
    return httpx2.Response(200, text=text, headers={"content-type": "text/event-stream"})


async def heard(client: PlatformClient) -> list[Any]:
    async with client.listening(PATH) as events:
        return [event async for event in events]


async def send(client: PlatformClient) -> None:
    await client.send(PATH, {"events": []})


def test_what_happens_is_heard_and_an_error_is_one_of_the_events() -> None:
    script = Script([streamed(ERROR, IDLE)])
    assert ask(script, heard) == [ERROR, IDLE]
    [request] = script.sent
    assert (request.method, request.headers["accept"]) == ("GET", "text/event-stream")
    assert request.headers["openai-beta"] == "agents=v1"


def test_an_error_in_a_stream_that_was_posted_ends_it() -> None:
    async def read(client: PlatformClient) -> list[Any]:
        return [event async for event in client.stream("/agents/sessions", {})]

    with pytest.raises(Unavailable, match="It is not well"):
        ask(Script([streamed(IDLE, ERROR)]), read)


@pytest.mark.parametrize("lost", LOST, ids=LOST_IDS)
def test_to_begin_to_listen_is_repeated(lost: Answer) -> None:
    assert ask(Script([lost, streamed(IDLE)]), heard) == [IDLE]


@pytest.mark.parametrize("lost", LOST, ids=LOST_IDS)
def test_an_input_is_repeated_under_one_key_that_no_other_has(lost: Answer) -> None:
    script = Script([lost, httpx2.Response(202)])
    ask(script, send)
    ask(script, send)
    keys = [request.headers["idempotency-key"] for request in script.sent]
    assert (keys[0] == keys[1], keys[1] == keys[2]) == (True, False)


def test_an_input_is_not_repeated_for_ever() -> None:
    script = Script([answer(500)])
    with pytest.raises(Unavailable):
        ask(script, send)
    assert len(script.sent) == ATTEMPTS


def test_an_input_that_is_refused_is_sent_once() -> None:
    script = Script([answer(409, {"error": {"message": "There is an active turn."}})])
    with pytest.raises(Rejected, match="There is an active turn"):
        ask(script, send)
    assert len(script.sent) == 1
