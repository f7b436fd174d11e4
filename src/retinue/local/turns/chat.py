"""A question to the model as a chat-completions request, and the answer's JSON as chunks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retinue.local.turns.items import (
    Answered,
    Asked,
    Choice,
    Item,
    Json,
    Part,
    Said,
    Usage,
    Words,
)
from retinue.local.turns.ports import Ask, CallChunk, Chunk, Definition, EndChunk, TextChunk

_NO_OUTPUT = "[no output was given]"


def request(ask: Ask, model: str) -> Json:
    """The body for /chat/completions. What is None is left to the server's own default."""
    settings = ask.settings
    body: Json = {
        "model": model,
        "messages": messages(ask.instructions, ask.history),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    optional: Json = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "reasoning_effort": settings.reasoning_effort,
        "response_format": settings.response_format,
        "max_completion_tokens": settings.most_completion,
    }
    body |= {key: value for key, value in optional.items() if value is not None}
    if ask.tools:
        body["tools"] = [_tool(each) for each in ask.tools]
        body["tool_choice"] = _choice(ask.choice)
        if not settings.parallel:
            body["parallel_tool_calls"] = False
    return body


def _tool(definition: Definition) -> Json:
    function: Json = {"name": definition.name}
    if definition.description:
        function["description"] = definition.description
    function["parameters"] = definition.parameters or {"type": "object", "properties": {}}
    if definition.strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _choice(choice: Choice) -> str | Json:
    if choice.kind == "function":
        return {"type": "function", "function": {"name": choice.name}}
    return choice.kind


def messages(instructions: str, history: Sequence[Item]) -> list[Json]:
    """The conversation. Calls that follow one another become one message, and their outputs
    follow at once, as the API demands; one without an output gets a note instead."""
    made: list[Json] = [{"role": "system", "content": instructions}] if instructions else []
    outputs = {item.call_id: item.output for item in history if isinstance(item, Answered)}
    asked: list[Asked] = []
    for item in history:
        if isinstance(item, Asked):
            asked.append(item)
        elif isinstance(item, Said):
            made += _calls(asked, outputs)
            asked = []
            made.append(_message(item))
    return made + _calls(asked, outputs)


def _calls(asked: Sequence[Asked], outputs: dict[str, str]) -> list[Json]:
    if not asked:
        return []
    calls = [
        {
            "id": each.call_id,
            "type": "function",
            "function": {"name": each.name, "arguments": each.arguments or "{}"},
        }
        for each in asked
    ]
    answers = [
        {
            "role": "tool",
            "tool_call_id": each.call_id,
            "content": outputs.get(each.call_id, _NO_OUTPUT),
        }
        for each in asked
    ]
    return [{"role": "assistant", "content": None, "tool_calls": calls}, *answers]


def _message(said: Said) -> Json:
    role = "system" if said.role == "developer" else said.role
    if role != "user" or all(isinstance(part, Words) for part in said.parts):
        return {"role": role, "content": said.text}
    return {"role": role, "content": [_part(part) for part in said.parts]}


def _part(part: Part) -> Json:
    if isinstance(part, Words):
        return {"type": "text", "text": part.text}
    return {"type": "image_url", "image_url": {"url": part.url, "detail": part.detail}}


def chunks(data: Json, key: str = "delta") -> Iterator[Chunk]:
    """What one object of the answer says; ``key`` is "message" for an answer that isn't streamed.

    The server is somebody else's: fields of a wrong type count as absent.
    """
    choices = data.get("choices")
    for choice in choices[:1] if isinstance(choices, list) else ():
        said = choice.get(key) if isinstance(choice, dict) else None
        if isinstance(said, dict):
            yield from _said(said)
        reason = choice.get("finish_reason") if isinstance(choice, dict) else None
        if isinstance(reason, str):
            yield EndChunk(reason)
    usage = usage_of(data.get("usage"))
    if usage:
        yield EndChunk("", usage)


def _said(said: Json) -> Iterator[Chunk]:
    for key in ("content", "refusal"):
        text = said.get(key)
        if isinstance(text, str) and text:
            yield TextChunk(text)
    calls = said.get("tool_calls")
    for position, call in enumerate(calls if isinstance(calls, list) else ()):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            index = call.get("index", position)
            name, arguments = function.get("name"), function.get("arguments")
            yield CallChunk(
                index if isinstance(index, int) else position,
                name if isinstance(name, str) else None,
                arguments if isinstance(arguments, str) else "",
            )


def usage_of(given: object) -> Usage | None:
    """The server's own token counts."""
    if not isinstance(given, dict):
        return None
    prompt = _detail(given, "prompt_tokens_details")
    completion = _detail(given, "completion_tokens_details")
    return Usage(
        _count(given, "prompt_tokens"),
        _count(given, "completion_tokens"),
        _count(prompt, "cached_tokens"),
        _count(completion, "reasoning_tokens"),
    )


def _detail(given: Json, key: str) -> Json:
    detail = given.get(key)
    return detail if isinstance(detail, dict) else {}


def _count(given: Json, key: str) -> int:
    value = given.get(key)
    return value if isinstance(value, int) else 0
