"""Input items: what a request may send, and the form in which they are stored and read back.

Limits are those of OpenAI's API description of 2026-08-21. Items of tools that don't exist here
(computers, shells, web search) are refused, not ignored.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json
from retinue.local.ids import new_id

_LONGEST = 10_485_760
_TEXT = checks.text(longest=_LONGEST)
_STATUS = checks.nullable(checks.choice("in_progress", "completed", "incomplete"))
_DETAIL = checks.choice("auto", "low", "high", "original")
_OBJECTS = checks.items(checks.any_object, most=10_000)


def file_bytes(data: str) -> bytes:
    """What ``file_data`` holds: base64, or a data URL of it. Raises ValueError."""
    head, comma, rest = data.partition(",")
    return base64.b64decode(rest if comma else head, validate=True)


def _file_data(value: object, param: str) -> str:
    data: str = _FILE_DATA(value, param)
    try:
        file_bytes(data)
    except ValueError:
        raise refusals.invalid(param, "this is neither base64 nor a data URL of it.") from None
    return data


def absent(value: object, param: str) -> None:
    """What nothing here can do: null and false say just that."""
    if value is not None and value is not False:
        raise refusals.invalid(param, "this is not available on the embedded platform.")


_FILE_DATA = checks.text(shortest=1, longest=73_400_320)
_BREAKPOINT = checks.record(
    required={"mode": checks.choice("explicit")}, ttl=checks.choice("30m", "12h")
)
_MARKED = {"prompt_cache_breakpoint": checks.nullable(_BREAKPOINT)}
_FILE = checks.record(
    _MARKED,
    type=shapes.ALWAYS,
    file_id=checks.nullable(shapes.ID),
    file_data=checks.nullable(_file_data),
    file_url=absent,
    filename=checks.nullable(checks.text()),
    detail=checks.nullable(checks.choice("auto", "low", "high")),
)


_IMAGE = checks.filled(
    checks.record(
        _MARKED,
        type=shapes.ALWAYS,
        image_url=checks.nullable(checks.text(longest=20_971_520)),
        file_id=checks.nullable(shapes.ID),
        detail=checks.nullable(_DETAIL, default="auto"),
    ),
    {"detail": "auto"},
)


def _one_of(check: checks.Check, first: str, second: str) -> checks.Check:
    """``check``, where one of two ways to say what is meant has to be given."""

    def checked(value: object, param: str) -> Json:
        given: Json = check(value, param)
        if given.get(first) is None and given.get(second) is None:
            raise refusals.missing(f"{param}.{first}")
        return given

    return checked


_PART = checks.tagged(
    input_text=checks.record(_MARKED, required={"type": shapes.ALWAYS, "text": _TEXT}),
    output_text=checks.record(
        required={"type": shapes.ALWAYS, "text": _TEXT},
        annotations=checks.nullable(_OBJECTS, default=[]),
        logprobs=checks.nullable(_OBJECTS, default=[]),
    ),
    refusal=checks.record(required={"type": shapes.ALWAYS, "refusal": _TEXT}),
    input_image=_one_of(_IMAGE, "image_url", "file_id"),
    input_file=_one_of(_FILE, "file_id", "file_data"),
)
_PARTS = checks.items(_PART, most=1000)


def _content(value: object, param: str) -> object:
    if isinstance(value, str):
        return _TEXT(value, param)
    if not isinstance(value, list):
        raise refusals.wrong_type(param, "one of a string or array", value)
    return _PARTS(value, param)


def _texts(kind: str) -> checks.Check:
    part = checks.record(required={"type": shapes.ALWAYS, "text": _TEXT})
    return checks.items(checks.tagged(**{kind: part}), most=1000)


_CALL_ID = checks.text(shortest=1, longest=64)
_COMMON = {"id": checks.nullable(checks.text()), "status": _STATUS, "type": shapes.ALWAYS}
_CALLED = {
    "caller": checks.nullable(checks.tagged(direct=checks.record(type=shapes.ALWAYS))),
    "namespace": absent,
}
_ITEM = checks.tagged(
    message=checks.record(
        {**_COMMON, "phase": checks.nullable(checks.choice("commentary", "final_answer"))},
        required={
            "role": checks.choice("user", "assistant", "system", "developer"),
            "content": _content,
        },
    ),
    function_call=checks.record(
        {**_COMMON, **_CALLED, "async": absent},
        required={"call_id": _CALL_ID, "name": checks.text(longest=128), "arguments": _TEXT},
    ),
    function_call_output=checks.record(
        {**_COMMON, **_CALLED, "name": checks.nullable(checks.text(longest=128))},
        required={"call_id": _CALL_ID, "output": _content},
    ),
    file_search_call=checks.record(
        {"type": shapes.ALWAYS, "status": checks.text(), "results": checks.nullable(_OBJECTS)},
        required={"id": shapes.ID, "queries": checks.items(_TEXT, most=1000)},
    ),
    code_interpreter_call=checks.record(
        {
            "type": shapes.ALWAYS,
            "status": checks.text(),
            "outputs": checks.nullable(_OBJECTS),
            "container_id": checks.text(),
            "code": checks.nullable(_TEXT),
        },
        required={"id": shapes.ID},
    ),
    reasoning=checks.record(
        {
            **_COMMON,
            "content": checks.nullable(_texts("reasoning_text")),
            "encrypted_content": checks.nullable(_TEXT),
        },
        required={"summary": _texts("summary_text")},
    ),
    item_reference=checks.record(required={"id": shapes.ID}, type=shapes.ALWAYS),
)
_PREFIXES = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fc_",
    "reasoning": "rs_",
}


def item(value: object, param: str) -> Json:
    """One input item; without a ``type`` it is a message, or a reference if it has only an ID."""
    fields = checks.any_object(value, param)
    if fields.get("type") is None:
        kind = "item_reference" if set(fields) <= {"id", "type"} else "message"
        fields = fields | {"type": kind}
    checked: Json = _ITEM(fields, param)
    return checked


def received(value: object, param: str) -> list[Json]:
    """The ``input`` of a request: a text is one message of the user."""
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": _TEXT(value, param)}]
    if not isinstance(value, list):
        raise refusals.wrong_type(param, "one of a string or array", value)
    checked: list[Json] = checks.items(item, most=10_000)(value, param)
    return checked


def stored(fields: Json, find: Callable[[str], Json]) -> Json:
    """A checked item as it is kept: whole, with an ID. ``find`` looks references up."""
    kind = fields["type"]
    if kind == "item_reference":
        return find(fields["id"])
    kept = {key: value for key, value in fields.items() if value is not None}
    if kind in _PREFIXES:
        # Clients repeat the IDs that they got; an item that is sent again is another item.
        kept["id"] = new_id(_PREFIXES[kind])
        if kind != "reasoning":
            kept["status"] = kept.get("status", "completed")
    if kind == "message":
        kept["content"] = _stored_content(kept["role"], kept["content"])
    if kind == "file_search_call":
        kept = {"status": "completed", "results": None} | kept
    if kind == "code_interpreter_call":
        kept = {"status": "completed", "code": None, "outputs": None, "container_id": ""} | kept
    return kept


def _stored_content(role: str, content: Any) -> list[Json]:
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    wanted = "output_text" if role == "assistant" else "input_text"
    return [_part(part, wanted) for part in content]


def _part(part: Json, wanted: str) -> Json:
    """A part in the spelling that fits who says it."""
    if wanted == "output_text" and part["type"] in ("input_text", "output_text"):
        noted = {"annotations": part.get("annotations", []), "logprobs": []}
        return {"type": wanted, "text": part["text"], **noted}
    if part["type"] == "output_text":
        return {"type": wanted, "text": part["text"]}
    return {key: value for key, value in part.items() if value is not None}
