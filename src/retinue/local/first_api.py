"""The first version of the Assistants API (``OpenAI-Beta: assistants=v1``) in terms of the second.

Objects are stored as version 2 alone; here they are turned into the older shapes, as the oldest
published notebooks show them, and requests the other way round. ``retrieval`` is file_search, an
assistant's ``file_ids`` serve all of its tools, and a message's ``file_ids`` are attachments for
all tools. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json

_FILE_IDS = checks.items(shapes.ID, most=20)
_MESSAGE_FILE_IDS = checks.items(shapes.ID, most=10)
_GONE = ("tool_resources", "temperature", "top_p", "response_format", "reasoning_effort")
_FOR_ALL = [{"type": "code_interpreter"}, {"type": "file_search"}]

_RUN_KEYS = (
    *("id", "object", "created_at", "assistant_id", "thread_id", "status", "started_at"),
    *("expires_at", "cancelled_at", "failed_at", "completed_at", "last_error", "model"),
    *("instructions", "metadata", "required_action"),
)
_MESSAGE_KEYS = (
    *("id", "object", "created_at", "thread_id", "role", "content", "assistant_id", "run_id"),
    "metadata",
)
_ASSISTANT_KEYS = (
    *("id", "object", "created_at", "name", "description", "model", "instructions", "metadata"),
)


def upgraded_assistant(body: Json) -> tuple[Json, list[str] | None]:
    """An assistant's request as version 2 has it, and its ``file_ids`` if it has any."""
    upgraded = dict(body)
    for key in _GONE:
        if key in upgraded:
            raise refusals.unknown(key)
    given = upgraded.pop("file_ids", None)
    file_ids = None if given is None else _FILE_IDS(given, "file_ids")
    if "tools" in upgraded:
        upgraded["tools"] = upgraded_tools(upgraded["tools"])
    return upgraded, file_ids


def upgraded_tools(given: object) -> object:
    """Tools as version 2 has them; anything that is no list of tools is left for the checks."""
    if not isinstance(given, list):
        return given
    for index, tool in enumerate(given):
        if isinstance(tool, dict) and tool.get("type") == "file_search":
            known = ("code_interpreter", "retrieval", "function")
            raise refusals.not_one_of(f"tools[{index}].type", "file_search", known)
    return [{"type": "file_search"} if each == {"type": "retrieval"} else each for each in given]


def downgraded_tools(given: Sequence[Json]) -> list[Json]:
    """Tools as version 1 showed them."""
    shown: list[Json] = []
    for tool in given:
        if tool["type"] == "file_search":
            shown.append({"type": "retrieval"})
        elif tool["type"] == "function":
            function = {key: value for key, value in tool["function"].items() if key != "strict"}
            shown.append({"type": "function", "function": function})
        else:
            shown.append({"type": tool["type"]})
    return shown


def assistant(answer: Json, file_ids: Sequence[str]) -> Json:
    """A version 2 assistant as version 1 showed it."""
    shown = {key: answer[key] for key in _ASSISTANT_KEYS}
    return shown | {"tools": downgraded_tools(answer["tools"]), "file_ids": list(file_ids)}


def thread(answer: Json) -> Json:
    """A thread without what version 1 didn't have."""
    return {key: value for key, value in answer.items() if key != "tool_resources"}


def upgraded_message(body: Json) -> Json:
    """A message's request as version 2 has it."""
    if "attachments" in body:
        raise refusals.unknown("attachments")
    if "file_ids" not in body:
        return body
    kept = {key: value for key, value in body.items() if key != "file_ids"}
    file_ids = _MESSAGE_FILE_IDS(body["file_ids"] or [], "file_ids")
    return kept | {"attachments": [{"file_id": each, "tools": _FOR_ALL} for each in file_ids]}


def message(answer: Json) -> Json:
    """A message as version 1 showed it."""
    attached = [each["file_id"] for each in answer["attachments"] or () if "file_id" in each]
    return {key: answer[key] for key in _MESSAGE_KEYS} | {"file_ids": attached}


def run(answer: Json, file_ids: Sequence[str]) -> Json:
    """A run as version 1 showed it."""
    shown = {key: answer[key] for key in _RUN_KEYS}
    return shown | {"tools": downgraded_tools(answer["tools"]), "file_ids": list(file_ids)}


def step(answer: Json) -> Json:
    """A run step as version 1 showed it: a search was a retrieval without details."""
    details = answer["step_details"]
    if details["type"] != "tool_calls":
        return answer
    calls = [
        {"id": call["id"], "type": "retrieval", "retrieval": {}}
        if call["type"] == "file_search"
        else call
        for call in details["tool_calls"]
    ]
    return answer | {"step_details": {"type": "tool_calls", "tool_calls": calls}}
