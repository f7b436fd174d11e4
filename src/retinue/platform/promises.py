"""What the API promises of its answers, and answers held against it. Pure.

A gateway at the wrong address may answer everything with 200 and some other JSON. Taken as it
comes, an empty answer would be an empty list, and everything would be made a second time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from retinue.errors import Unavailable
from retinue.foreign_json import read_json
from retinue.kinds.api import Object

WRONG_URL: Final = "check base_url: it usually ends in /v1"

_FIELDS: Final[Mapping[str, Any]] = {
    "attributes": {},
    "auth": {
        "networking": {"allowed_hosts": [str]},
        "refresh": {"token_endpoint_auth": {}},
    },
    "capability_directories": [str],
    "compaction": {},
    "created_at": float,
    "desktop": {},
    "experimental": {},
    "file_counts": {"failed": float},
    "files": [{}],
    "has_more": bool,
    "last_error": {},
    "metadata": {},
    "multi_agent": {},
    "network": {"allowed_domains": [str]},
    "packages": {"*": [str]},
    "plugins": [{}],
    "reasoning": {},
    "skills": [{}],
    "target": {"vault_ids": [str], "metadata": {}, "environment": {}, "input": [{}]},
    "text": {},
    "tool_resources": {
        "code_interpreter": {"file_ids": [str]},
        "file_search": {"vector_store_ids": [str]},
    },
    "tools": [{"type": str, "name": str, "server_label": str, "function": {"name": str}}],
}
"""What is looked into, wherever an object has it, by its form: a type; a list of such; an object,
whose keys (``*``: all others) may have forms, too. Anything may be null or missing."""

_KINDS: Final = (
    (int | float, "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "an object"),
)

_WORDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    float: "a number",
    str: "a text",
}


def decoded(content: bytes, *, where: str) -> object:
    """The JSON of an answer.

    Raises:
        Unavailable: it is none; what was asked for may have happened.
    """
    if not content.strip():
        raise broken(where, "it is empty")
    try:
        return read_json(content)
    except ValueError:
        pass
    is_page_of_web = content.lstrip()[:1] == b"<"
    raise broken(where, "it is a web page, not JSON" if is_page_of_web else "it is not JSON")


def require_events(headers: Mapping[str, str], *, where: str) -> None:
    """Make sure that an answer is a stream of events.

    Raises:
        Unavailable: it says that it is something else; what was asked for may have happened.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("json") or kind == "text/html":
        raise broken(where, f"it is {kind}, not a stream of events")


def is_object(answer: object, *, where: str) -> Object:
    """``answer`` as one object of the platform: it has a text as its ``id``.

    Raises:
        Unavailable: it is something else; what was asked for may have happened.
    """
    if not isinstance(answer, dict):
        raise broken(where, f"{_kind(answer)} instead of an object")
    _require(where, _flaws(answer, ""))
    return answer


def is_page(answer: object, *, where: str, named: bool = True) -> Object:
    """``answer`` as a page of a list: ``data`` holds objects; each has an ID where it is ``named``.

    Raises:
        Unavailable: it is something else.
    """
    if not isinstance(answer, dict):
        raise broken(where, f"{_kind(answer)} instead of a list of objects")
    data = answer.get("data")
    if not isinstance(data, list):
        raise broken(where, _wrong("data", answer, "a list of objects"))
    for number, item in enumerate(data):
        at = f"data[{number}]"
        if not isinstance(item, dict):
            raise broken(where, f"{at} is {_kind(item)} instead of an object")
        if named:
            _require(where, _flaws(item, f"{at}."))
    _require(where, _unfit(answer.get("has_more"), bool, "has_more"))
    _require(where, _unfit(answer.get("last_id"), str, "last_id"))
    return answer


def is_deletion(answer: object, *, where: str) -> None:
    """``answer`` says that something is deleted.

    Raises:
        Unavailable: it says something else; the object may be there still.
    """
    if not isinstance(answer, dict):
        raise broken(where, f"{_kind(answer)} instead of an object")
    if answer.get("deleted") is not True:
        raise broken(where, "it does not say that the object is deleted")


def broken(where: str, why: str) -> Unavailable:
    """The error of an answer that is not what the API promises."""
    message = f"{where}: the server's answer is not what the API promises ({why})"
    return Unavailable(message, hint=WRONG_URL)


def _require(where: str, flaws: Iterable[str]) -> None:
    for flaw in flaws:
        raise broken(where, flaw)


def _flaws(item: Mapping[str, Any], at: str) -> Iterable[str]:
    """What is wrong with one object."""
    if not (isinstance(item.get("id"), str) and item["id"]):
        yield _wrong(f"{at}id", item, "a text", key="id")
    for key, value in item.items():
        if (form := _FIELDS.get(key)) is not None:
            yield from _unfit(value, form, f"{at}{key}")


def _unfit(value: Any, form: Any, at: str) -> Iterable[str]:
    """What of ``value`` has not its form."""
    if value is None or form is None:
        return
    if isinstance(form, list):
        if not isinstance(value, list):
            yield f"{at} is {_kind(value)} instead of a list"
            return
        for number, item in enumerate(value):
            place = f"{at}[{number}]"
            yield from _unfit(item, form[0], place) if item is not None else (f"{place} is null",)
    elif isinstance(form, Mapping):
        if not isinstance(value, dict):
            yield f"{at} is {_kind(value)} instead of an object"
            return
        for key, item in value.items():
            yield from _unfit(item, form.get(key, form.get("*")), f"{at}.{key}")
    elif not _is(value, form):
        yield f"{at} is {_kind(value)} instead of {_WORDS[form]}"


def _is(value: Any, form: type) -> bool:
    if form is not float:
        return isinstance(value, form)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _wrong(at: str, item: Mapping[str, Any], wanted: str, key: str = "data") -> str:
    if key not in item:
        return f"{at} is missing"
    return f"{at} is {_kind(item[key])} instead of {wanted}"


def _kind(value: Any) -> str:
    """What a value of JSON is."""
    if value == "":
        return "an empty text"
    if isinstance(value, float) and not math.isfinite(value):
        return "not finite"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return next(word for form, word in _KINDS if isinstance(value, form))
