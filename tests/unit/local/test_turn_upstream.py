"""The model server: what it is asked, and that nothing it answers does harm."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.seeds.model_server import ModelServer as ScriptedServer
from tests.seeds.model_server import Reply

from retinue.local.turns.items import (
    Answered,
    Asked,
    Choice,
    Item,
    Picture,
    Said,
    Settings,
    Usage,
    Words,
)
from retinue.local.turns.ports import Ask, CallChunk, Chunk, Definition, EndChunk, TextChunk
from retinue.local.turns.ports import TurnFailed as Failed
from retinue.local.turns.server import ModelServer
from retinue.local.turns.upstream import UpstreamModel

pytestmark = pytest.mark.anyio

QUIZ = Definition("quiz", "Asks.", {"type": "object"}, strict=True)


def ask(*history: Item, model: str = "m", **fields: Any) -> Ask:
    known: dict[str, Any] = {"tools": (), "choice": Choice(), "settings": Settings()} | fields
    said = history or (Said("user", (Words("hi"),)),)
    return Ask(model, "Be brief.", said, **known)


async def heard(server: ModelServer, asked: Ask) -> list[Chunk]:
    return [chunk async for chunk in UpstreamModel(server).reply(asked)]


def always(reply: Reply) -> Callable[[Any], Reply]:
    return lambda _: reply


async def test_words_and_calls_and_usage() -> None:
    reply = Reply("Hello, dear reader.", (("quiz", {"n": 1}), ("quiz", {"n": 2})))
    with ScriptedServer(always(reply)) as upstream:
        server = ModelServer(base_url=upstream.url, api_key="sk-1", names={"m": "real", "*": "x"})
        chunks = await heard(server, ask(tools=(QUIZ,)))
        await heard(server, ask(model="other"))
    words = "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))
    assert words == "Hello, dear reader."
    made = [chunk for chunk in chunks if isinstance(chunk, CallChunk)]
    assert "".join(chunk.arguments for chunk in made if chunk.index == 1) == '{"n": 2}'
    assert chunks[-1] == EndChunk("tool_calls", Usage(21, 7))
    assert [body["model"] for body in upstream.requests] == ["real", "x"]
    assert upstream.keys == ["Bearer sk-1", "Bearer sk-1"]


async def test_what_it_is_asked() -> None:
    settings = Settings(
        temperature=0.5,
        top_p=0.25,
        reasoning_effort="low",
        response_format={"type": "json_object"},
        parallel=False,
        most_completion=99,
    )
    history = (
        Said("user", (Words("look"), Picture("https://x.invalid/a.png", "low"))),
        Asked("c1", "quiz", "{}"),
        Asked("c2", "quiz", ""),
        Answered("c2", "two"),
        Said("developer", (Words("more"),)),
    )
    forced = Choice("function", "quiz")
    with ScriptedServer(always(Reply("x"))) as upstream:
        server = ModelServer(base_url=upstream.url)
        await heard(server, ask(*history, tools=(QUIZ,), choice=forced, settings=settings))
    (body,) = upstream.requests
    assert body.pop("messages") == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {
                    "type": "image_url",
                    "image_url": {"url": "https://x.invalid/a.png", "detail": "low"},
                },
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": each, "type": "function", "function": {"name": "quiz", "arguments": "{}"}}
                for each in ("c1", "c2")
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "[no output was given]"},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
        {"role": "system", "content": "more"},
    ]
    assert body == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "top_p": 0.25,
        "reasoning_effort": "low",
        "response_format": {"type": "json_object"},
        "max_completion_tokens": 99,
        "parallel_tool_calls": False,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "quiz",
                    "description": "Asks.",
                    "parameters": {"type": "object"},
                    "strict": True,
                },
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "quiz"}},
    }
    assert upstream.keys == [None]


async def test_an_answer_that_is_not_streamed() -> None:
    message = {
        "role": "assistant",
        "content": "Hi",
        "tool_calls": [{"id": "0", "function": {"name": "quiz", "arguments": "{}"}}],
    }
    raw = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    reply = Reply(raw=raw, content_type="application/json")
    with ScriptedServer(always(reply)) as upstream:
        chunks = await heard(ModelServer(base_url=upstream.url), ask())
    assert chunks == [TextChunk("Hi"), CallChunk(0, "quiz", "{}"), EndChunk("tool_calls")]


@pytest.mark.parametrize(
    ("reply", "code", "says"),
    [
        (Reply(status=429, raw='{"error": {"message": "slow down"}}'), "rate_limit", "slow down"),
        (Reply(status=500, raw="oops"), "server_error", "answered 500: oops"),
        (Reply(status=404, raw='{"error": "no model"}'), "server_error", "no model"),
        (Reply(raw='data: {"error": {"message": "broke"}}\n\n'), "server_error", "broke"),
        (Reply(raw="data: nonsense\n\n"), "server_error", "not JSON"),
        (Reply(raw="data: [1]\n\n"), "server_error", "not a JSON object"),
        (Reply(raw="data: " + "[" * 100_000 + "\n\n"), "server_error", "not JSON"),
        (Reply(raw="data: " + "x" * 20_000_000 + "\n\n"), "server_error", "too long"),
        (Reply(pause=1), "server_error", "sent nothing for 0.2 seconds"),
    ],
)
async def test_answers_that_fail_the_turn(reply: Reply, code: str, says: str) -> None:
    with ScriptedServer(always(reply)) as upstream:
        server = ModelServer(base_url=upstream.url, api_key="sk-secret", timeout=0.2)
        with pytest.raises(Failed) as caught:
            await heard(server, ask())
    assert caught.value.code.startswith(code)
    assert says in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "raw",
    [
        'data: {"choices": null}\n\n',
        'data: {"choices": [null, 7]}\n\n',
        'data: {"choices": [{"delta": {"content": 7, "tool_calls": [7, {"function": 1}]}}]}\n\n',
        'data: {"choices": [], "usage": "much"}\n\n',
        ": a comment\n\nevent: ping\n\n",
        "",
    ],
)
async def test_nonsense_in_an_answer_counts_as_nothing(raw: str) -> None:
    with ScriptedServer(always(Reply(raw=raw))) as upstream:
        assert await heard(ModelServer(base_url=upstream.url), ask()) == [EndChunk("stop")]


async def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Failed) as caught:
        await heard(ModelServer(base_url=f"http://me:secret@127.0.0.1:{port}/v1"), ask())
    said = caught.value.message
    assert said.startswith(f"The model server at http://127.0.0.1:{port}/v1 can't be reached: ")
    assert said.endswith(". Start it, or correct its base URL.")


async def test_a_server_that_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)

        hanging = threading.Thread(target=hang_up)
        hanging.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(Failed) as caught:
            await heard(ModelServer(base_url=url), ask())
        hanging.join()
    said = caught.value.message
    assert said.startswith(f"The model server at {url} broke its answer off: ")
    assert said.endswith(". Its log may say why; then ask again.")


async def test_the_echo_model_stays_at_hand() -> None:
    chunks = await heard(ModelServer(base_url="http://127.0.0.1:1/v1"), ask(model="echo"))
    assert any("echo model" in chunk.text for chunk in chunks if isinstance(chunk, TextChunk))


def test_a_key_is_not_shown() -> None:
    assert "sk-1" not in repr(ModelServer(base_url="http://x.invalid", api_key="sk-1"))
