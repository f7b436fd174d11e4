"""What a request to run may say, and what the run takes from it, the assistant and the thread.

Limits are those of OpenAI's API description of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.local import checks, first_api, refusals, said, settings, shapes, tools
from retinue.local.calls import Call, Json
from retinue.local.database import Connection
from retinue.local.families import assistants, messages, threads

_LEAST_TOKENS, _MOST_TOKENS = 256, 10_000_000
_LONGEST = 256_000


def _tool_choice(value: object, param: str) -> object:
    """Which tool must be used: a word or a tool."""
    if isinstance(value, str):
        return checks.choice("none", "auto", "required")(value, param)
    if not isinstance(value, dict):
        raise refusals.wrong_type(param, "one of a string or object", value)
    return _TOOL_CHOICE(value, param)


_NAMED = checks.record(required={"name": shapes.FUNCTION_NAME})
_TOOL_CHOICE = checks.tagged(
    function=checks.record(required={"type": shapes.ALWAYS, "function": _NAMED}),
    code_interpreter=checks.record(type=shapes.ALWAYS),
    file_search=checks.record(type=shapes.ALWAYS),
)
_TOKENS = checks.nullable(checks.integer(least=_LEAST_TOKENS, most=_MOST_TOKENS))
_TRUNCATION = checks.record(
    required={"type": checks.choice("auto", "last_messages")},
    last_messages=checks.nullable(checks.integer(least=1, most=1_000_000)),
)


def _truncation(value: object, param: str) -> Json:
    strategy: Json = {"last_messages": None} | _TRUNCATION(value, param)
    if strategy["type"] == "last_messages" and strategy["last_messages"] is None:
        raise refusals.missing(f"{param}.last_messages")
    return strategy


_AUTO = {"type": "auto", "last_messages": None}
_COMMON: Mapping[str, checks.Check] = {
    "model": checks.nullable(checks.text(shortest=1)),
    "instructions": checks.nullable(checks.text(longest=_LONGEST)),
    "tools": checks.nullable(tools.TOOLS),
    "metadata": shapes.METADATA,
    "temperature": checks.nullable(checks.decimal(least=0, most=2)),
    "top_p": checks.nullable(checks.decimal(least=0, most=1)),
    "stream": checks.nullable(checks.flag, default=False),
    "max_prompt_tokens": _TOKENS,
    "max_completion_tokens": _TOKENS,
    "truncation_strategy": checks.nullable(_truncation, default=_AUTO),
    "tool_choice": checks.nullable(_tool_choice, default="auto"),
    "parallel_tool_calls": checks.flag,
    "response_format": checks.nullable(settings.response_format),
}
CREATE = checks.record(
    {
        **_COMMON,
        "additional_instructions": checks.nullable(checks.text(longest=_LONGEST)),
        "additional_messages": checks.nullable(checks.items(said.MESSAGE, most=1000), default=[]),
        "reasoning_effort": settings.REASONING_EFFORT,
    },
    required={"assistant_id": shapes.ID},
)
CREATE_WITH_THREAD = checks.record(
    {
        **_COMMON,
        "thread": checks.nullable(checks.record(messages.THREAD_FIELDS), default={}),
        "tool_resources": tools.RESOURCES,
    },
    required={"assistant_id": shapes.ID},
)
_OUTPUT = checks.record(
    required={"tool_call_id": shapes.ID}, output=checks.text(longest=10 * 1024 * 1024)
)
SUBMIT = checks.record(
    required={"tool_outputs": checks.items(_OUTPUT, most=128)},
    stream=checks.nullable(checks.flag, default=False),
)


def upgraded(call: Call) -> Json:
    """The request in terms of version 2."""
    if not call.first_api:
        return call.body
    body = dict(call.body)
    if "tools" in body:
        body["tools"] = first_api.upgraded_tools(body["tools"])
    if "additional_messages" in body:
        body["additional_messages"] = messages.upgraded(call, body["additional_messages"])
    thread = body.get("thread")
    if isinstance(thread, dict) and "messages" in thread:
        body["thread"] = thread | {"messages": messages.upgraded(call, thread["messages"])}
    return body


def effective(connection: Connection, sent: Json, thread_id: str) -> Json:
    """What a run keeps: the request's own word first, then the assistant's."""
    row = assistants.require_assistant(connection, sent["assistant_id"])
    assistant = assistants.answer(connection, [row])[0]
    fields: Json = {
        "tool_choice": "auto",
        "truncation_strategy": _AUTO,
        "parallel_tool_calls": True,
        "max_prompt_tokens": None,
        "max_completion_tokens": None,
    }
    fields |= {key: sent[key] for key in fields if key in sent}
    for key in ("model", "tools", "temperature", "top_p", "response_format"):
        own = sent.get(key)
        fields[key] = assistant[key] if own is None else own
    fields["instructions"] = _instructions(sent, assistant["instructions"])
    effort = sent.get("reasoning_effort") or assistants.reasoning_effort(row)
    resources = sent.get("tool_resources") or assistant["tool_resources"]
    thread = threads.answer(connection, threads.require_thread(connection, thread_id))
    return fields | {
        "reasoning_effort": effort,
        "file_ids": assistants.linked_files(connection, [row["id"]])[row["id"]],
        "code_files": _both(resources, thread, "code_interpreter", "file_ids"),
        "store_ids": _both(resources, thread, "file_search", "vector_store_ids"),
    }


def _instructions(sent: Json, assistant: str | None) -> str:
    own = sent.get("instructions")
    parts = [assistant if own is None else own, sent.get("additional_instructions")]
    return "\n".join(part for part in parts if part)


def _both(resources: Json, thread: Json, tool: str, key: str) -> list[Any]:
    """Files or stores of the assistant, then those of the thread: a run uses both."""
    lists = ((each.get(tool) or {}).get(key, []) for each in (resources, thread["tool_resources"]))
    return list(dict.fromkeys(item for each in lists for item in each))
