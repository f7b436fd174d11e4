"""Responses and conversations: made, streamed, continued, kept, cancelled."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError
from tests.unit.local.scripted import ScriptedModel, calls, says

from retinue.local.turns.items import Answered, Asked, Said, Usage, Words
from retinue.local.turns.ports import TurnFailed

pytestmark = pytest.mark.anyio

QUIZ: Any = {
    "type": "function",
    "name": "quiz",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}


async def test_a_response_to_words(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(says("Hel", "lo", usage=Usage(8, 2)))
    made = await sdk.responses.create(
        model="gpt-4o", input="hi", instructions="Be brief.", metadata={"k": "v"}, temperature=0.5
    )
    assert (made.status, made.output_text, made.metadata) == ("completed", "Hello", {"k": "v"})
    assert made.usage
    assert (made.usage.input_tokens, made.usage.total_tokens) == (8, 10)
    assert made.id.startswith("resp_")
    (ask,) = model.asks
    assert (ask.instructions, ask.settings.temperature) == ("Be brief.", 0.5)
    assert await sdk.responses.retrieve(made.id) == made
    sent: Any = [each async for each in sdk.responses.input_items.list(made.id)]
    assert [each.content[0].text for each in sent] == ["hi"]
    await sdk.responses.delete(made.id)
    with pytest.raises(NotFoundError):
        await sdk.responses.retrieve(made.id)


async def test_what_came_before(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    first = await sdk.responses.create(model="m", input="one", instructions="Only now.")
    second = await sdk.responses.create(model="m", input="two", previous_response_id=first.id)
    assert second.instructions is None
    await sdk.responses.create(model="m", input="three", previous_response_id=second.id)
    said = [item.text for item in model.asks[2].history if isinstance(item, Said)]
    assert said == ["one", "fine", "two", "fine", "three"]
    assert [ask.instructions for ask in model.asks] == ["Only now.", "", ""]
    with pytest.raises(BadRequestError, match="not found") as caught:
        await sdk.responses.create(model="m", input="x", previous_response_id="resp_lost")
    assert caught.value.code == "previous_response_not_found"


async def test_input_items_of_all_kinds(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    items: Any = [
        {"role": "developer", "content": "rules"},
        {"role": "user", "content": [{"type": "input_text", "text": "one"}]},
        {"role": "assistant", "content": "two"},
        {"type": "function_call", "call_id": "c1", "name": "quiz", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "42"},
        {
            "role": "user",
            "content": [{"type": "input_image", "image_url": "https://x.invalid/a.png"}],
        },
    ]
    await sdk.responses.create(model="m", input=items)
    (ask,) = model.asks
    assert [type(item) for item in ask.history] == [Said, Said, Said, Asked, Answered, Said]


async def test_files_that_are_sent_along(
    sdk: AsyncOpenAI, model: ScriptedModel, upload: Any
) -> None:
    """As IDs, or as they are: as base64, or as a data URL of it."""
    note = base64.b64encode("grüß dich".encode()).decode()
    parts: Any = [
        {"type": "input_file", "file_id": await upload(b"kept", "kept.txt"), "detail": "low"},
        {"type": "input_file", "file_data": note, "filename": "note.txt"},
        {"type": "input_file", "file_data": f"data:text/plain;base64,{note}"},
        {"type": "input_file", "file_data": base64.b64encode(b"%PDF-1.7 \0").decode()},
        {"type": "input_file", "file_id": await upload(b"%PDF-1.7 \0", "a.pdf")},
    ]
    made = await sdk.responses.create(model="m", input=[{"role": "user", "content": parts}])
    (ask,) = model.asks
    [said] = ask.history
    assert isinstance(said, Said)
    assert [each.text for each in said.parts if isinstance(each, Words)] == [
        "[the file kept.txt]\nkept",
        "[the file note.txt]\ngrüß dich",
        "[the file that was sent]\ngrüß dich",
        "[the file that was sent, which can't be shown as text]",
        "[the file a.pdf, which can't be shown as text]",
    ]
    sent: Any = [each async for each in sdk.responses.input_items.list(made.id)]
    assert sent[0].content[0].detail == "low"
    assert sent[0].content[1].file_data == note


async def test_marks_of_the_cache_are_kept(sdk: AsyncOpenAI) -> None:
    mark: Any = {"prompt_cache_breakpoint": {"mode": "explicit"}}
    parts: Any = [
        {"type": "input_text", "text": "one"} | mark,
        {"type": "input_image", "image_url": "https://x.invalid/a.png"} | mark,
    ]
    made = await sdk.responses.create(model="m", input=[{"role": "user", "content": parts}])
    sent: Any = [each async for each in sdk.responses.input_items.list(made.id)]
    assert [each.prompt_cache_breakpoint.mode for each in sent[0].content] == ["explicit"] * 2


async def test_what_a_function_gave_that_is_no_text(
    sdk: AsyncOpenAI, model: ScriptedModel, upload: Any
) -> None:
    output: Any = [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "https://x.invalid/a.png"},
        {"type": "input_file", "file_id": await upload(b"kept", "kept.txt")},
    ]
    items: Any = [
        {"type": "function_call", "call_id": "c1", "name": "quiz", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": output},
    ]
    await sdk.responses.create(model="m", input=items)
    (ask,) = model.asks
    answered = ask.history[1]
    assert isinstance(answered, Answered)
    assert answered.output == (
        "see\n[an image, which can't be shown as text]\n[the file kept.txt]\nkept"
    )
    output[2]["file_id"] = "file-gone"
    with pytest.raises(NotFoundError):
        await sdk.responses.create(model="m", input=items)


async def test_functions(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {"n": 1}), ("quiz", {"n": 2}), words="Wait."), says("done"))
    made = await sdk.responses.create(model="m", input="go", tools=[QUIZ])
    assert made.status == "completed"
    assert [each.type for each in made.output] == ["message", "function_call", "function_call"]
    asked = [each for each in made.output if each.type == "function_call"]
    assert [each.arguments for each in asked] == ['{"n": 1}', '{"n": 2}']
    outputs: Any = [
        {"type": "function_call_output", "call_id": each.call_id, "output": "ok"} for each in asked
    ]
    for wrong in (outputs[:1], [*outputs, outputs[0] | {"call_id": "call_x"}]):
        with pytest.raises(BadRequestError, match="No tool"):
            await sdk.responses.create(model="m", input=wrong, previous_response_id=made.id)
    after = await sdk.responses.create(
        model="m", input=outputs, previous_response_id=made.id, tools=[QUIZ]
    )
    assert after.output_text == "done"
    # Without the server's memory: all items sent again.
    again: Any = [{"role": "user", "content": "go"}, *made.output, *outputs]
    await sdk.responses.create(model="m", input=again, store=False)
    assert [type(item) for item in model.asks[-1].history] == [
        *(Said, Said, Asked, Asked, Answered, Answered)
    ]


async def test_a_conversation_grows(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    talk = await sdk.conversations.create(
        items=[{"role": "user", "content": "remember 7"}], metadata={"k": "v"}
    )
    made = await sdk.responses.create(model="m", input="which?", conversation=talk.id)
    assert made.conversation
    assert made.conversation.id == talk.id
    items = [each async for each in sdk.conversations.items.list(talk.id, order="asc")]
    assert [each.role for each in items] == ["user", "user", "assistant"]  # type: ignore[union-attr]
    said = [item.text for item in model.asks[0].history if isinstance(item, Said)]
    assert said == ["remember 7", "which?"]
    one = await sdk.conversations.items.retrieve(items[0].id or "", conversation_id=talk.id)
    assert one == items[0]
    await sdk.conversations.items.delete(items[0].id or "", conversation_id=talk.id)
    added = await sdk.conversations.items.create(
        talk.id, items=[{"role": "user", "content": "more"}]
    )
    assert len(added.data) == 1
    changed = await sdk.conversations.update(talk.id, metadata={"x": "y"})
    assert changed.metadata == {"x": "y"}
    assert (await sdk.conversations.retrieve(talk.id)).id == talk.id
    assert (await sdk.conversations.delete(talk.id)).deleted
    with pytest.raises(NotFoundError):
        await sdk.responses.create(model="m", input="x", conversation=talk.id)


async def _events(stream: Any) -> list[Any]:
    return [event async for event in stream]


async def test_words_are_streamed(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(says("Hel", "lo"))
    seen = await _events(await sdk.responses.create(model="m", input="hi", stream=True))
    assert [event.type for event in seen] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    async with sdk.responses.stream(model="m", input="hi") as stream:
        assert (await stream.get_final_response()).output_text == "fine"


async def test_streamed_events_are_as_described(
    http: httpx2.AsyncClient, model: ScriptedModel, conformance: Any
) -> None:
    model.script(calls(("quiz", {"n": 1}), words="Wait."))
    body = {"model": "m", "input": "hi", "tools": [QUIZ], "stream": True}
    answer = await http.post("/responses", json=body)
    blocks = answer.text.strip().split("\n\n")
    for block in blocks:
        name, _, data = block.partition("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        conformance.check("ResponseStreamEvent", event)
    kinds = [block.partition("\n")[0].removeprefix("event: response.") for block in blocks]
    assert kinds[-5:] == [
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_model_that_fails(sdk: AsyncOpenAI, model: ScriptedModel, streamed: Any) -> None:
    model.script([*says("Well")[:1], TurnFailed("no luck", code="rate_limit_exceeded")])
    made: Any = await sdk.responses.create(model="m", input="hi", stream=streamed)
    if streamed:
        last = (await _events(made))[-1]
        assert last.type == "response.failed"
        made = last.response
    assert made.status == "failed"
    assert (made.error.code, made.error.message) == ("rate_limit_exceeded", "no luck")
    assert made.output[0].status == "incomplete"


async def test_a_reply_that_is_cut(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    model.script(says("Once upon", reason="length"))
    made = await sdk.responses.create(model="m", input="hi", max_output_tokens=16)
    assert made.status == "incomplete"
    assert made.incomplete_details
    assert made.incomplete_details.reason == "max_output_tokens"
    assert made.output_text == "Once upon"


async def test_in_the_background(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    going = asyncio.Event()
    model.script([going, *says("late")], [asyncio.Event()])
    made = await sdk.responses.create(model="m", input="hi", background=True)
    assert made.status == "queued"
    going.set()
    while made.status in ("queued", "in_progress"):
        await asyncio.sleep(0.005)
        made = await sdk.responses.retrieve(made.id)
    assert (made.status, made.output_text) == ("completed", "late")
    other = await sdk.responses.create(model="m", input="hi", background=True)
    assert (await sdk.responses.cancel(other.id)).status == "cancelled"
    assert (await sdk.responses.cancel(other.id)).status == "cancelled"
    assert (await sdk.responses.retrieve(other.id)).status == "cancelled"


async def test_nothing_is_kept_unless_it_is_stored(sdk: AsyncOpenAI) -> None:
    made = await sdk.responses.create(model="m", input="secret", store=False)
    assert made.output_text == "fine"
    with pytest.raises(NotFoundError):
        await sdk.responses.retrieve(made.id)
    with pytest.raises(BadRequestError):
        await sdk.responses.create(model="m", input="x", previous_response_id=made.id)


async def test_settings_are_read_back(sdk: AsyncOpenAI) -> None:
    tool = QUIZ | {"async": False, "allowed_callers": ["direct"], "defer_loading": None}
    made = await sdk.responses.create(
        model="m",
        input="hi",
        tools=[tool],
        reasoning={"effort": "low", "summary": "auto"},
        prompt_cache_retention="24h",
        prompt_cache_options={"mode": "explicit", "prewarm": False},
        stream_options=None,
        service_tier="flex",
        prompt=None,
    )
    assert made.reasoning
    assert (made.reasoning.effort, made.reasoning.summary) == ("low", "auto")
    assert made.prompt_cache_retention == "24h"
    assert made.prompt_cache_options
    assert made.prompt_cache_options.to_dict() == {"mode": "explicit", "ttl": "30m"}
    assert await sdk.responses.retrieve(made.id) == made


async def test_tokens_are_counted_before_they_are_sent(
    sdk: AsyncOpenAI, model: ScriptedModel
) -> None:
    count = sdk.responses.input_tokens.count
    assert (await count()).input_tokens == 0
    alone = await count(model="m", input="a question of some length")
    told = await count(input="a question of some length", instructions="Be brief.", tools=[QUIZ])
    assert 0 < alone.input_tokens < told.input_tokens
    conversation = await sdk.conversations.create(
        items=[{"type": "message", "role": "user", "content": "what came before"}]
    )
    continued = await count(input="a question of some length", conversation=conversation.id)
    assert continued.input_tokens > alone.input_tokens
    assert (await sdk.conversations.items.list(conversation.id)).data[1:] == []
    assert model.asks == []
    with pytest.raises(BadRequestError, match="not found"):
        await count(input="x", previous_response_id="resp_lost")


async def test_nothing_is_compacted(sdk: AsyncOpenAI) -> None:
    with pytest.raises(BadRequestError, match="not available") as caught:
        await sdk.responses.compact(model="gpt-5.2", input="x")
    assert caught.value.code == "not_available"


async def test_structured_text(sdk: AsyncOpenAI, model: ScriptedModel) -> None:
    form: Any = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}
    made = await sdk.responses.create(model="m", input="hi", text={"format": form})
    assert made.text
    assert made.text.format.type == "json_schema"  # type: ignore[union-attr]
    assert model.asks[0].settings.response_format == {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
    }


def part(value: dict[str, Any]) -> dict[str, Any]:
    """A request with one part of a message."""
    return {"model": "m", "input": [{"role": "user", "content": [value]}]}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": "m", "input": 7}, "input"),
        ({"model": "m", "input": [{"role": "king", "content": "x"}]}, "input[0].role"),
        ({"model": "m", "tools": [{"type": "web_search"}]}, "tools[0].type"),
        (
            {"model": "m", "tools": [{"type": "code_interpreter", "container": "cntr_1"}]},
            "tools[0].container",
        ),
        ({"model": "m", "include": ["everything"]}, "include[0]"),
        (part({"type": "input_file"}), "input[0].content[0].file_id"),
        (part({"type": "input_image"}), "input[0].content[0].image_url"),
        (part({"type": "input_file", "file_data": "?"}), "input[0].content[0].file_data"),
        (part({"type": "input_file", "file_url": "https://x"}), "input[0].content[0].file_url"),
        ({"model": "m", "prompt": {"id": "x"}}, "prompt"),
        ({"model": "m", "background": True, "store": False}, "background"),
        ({"model": "m", "conversation": "c", "previous_response_id": "r"}, "previous_response_id"),
        ({"model": "m", "words": 1}, "words"),
        ({"model": "m", "reasoning": {"summary": "long"}}, "reasoning.summary"),
        ({"model": "m", "service_tier": "gold"}, "service_tier"),
        ({"model": "m", "prompt_cache_retention": "1y"}, "prompt_cache_retention"),
        ({"model": "m", "prompt_cache_options": {"prewarm": True}}, "prompt_cache_options.prewarm"),
        ({"model": "m", "stream_options": {"usage": True}}, "stream_options.usage"),
        ({"model": "m", "tools": [QUIZ | {"async": True}]}, "tools[0].async"),
        (
            {"model": "m", "tools": [QUIZ | {"allowed_callers": ["programmatic"]}]},
            "tools[0].allowed_callers[0]",
        ),
        (
            {"model": "m", "input": [{"type": "reasoning", "summary": ["thought"]}]},
            "input[0].summary[0]",
        ),
        (
            {"model": "m", "input": [{"role": "user", "content": "x", "phase": "first"}]},
            "input[0].phase",
        ),
    ],
)
async def test_wrong_requests(http: httpx2.AsyncClient, body: dict[str, Any], param: str) -> None:
    answer = await http.post("/responses", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
