"""Terraform states (version 4) to records: what the OpenAI providers kept. Pure.

Read are the attributes as these providers have them, whose shapes differ: blocks are lists of one
(mkdev-me/openai up to 1, HappyPathway/openai), nested attributes are objects (skyscrapr/openai,
mkdev-me/openai 2), tools are words (HappyPathway) or switches (guillaume-dussault/openai), and the
parameters of functions are JSON in a text. `modern` deals with what the first API had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from retinue.operations.dumps.records import Attachment, Haul, Origin, Record, Sort

_TYPES: Final[Mapping[str, Sort]] = {
    "openai_assistant": "assistant",
    "openai_vector_store": "vector_store",
    "openai_file": "file",
}
_SINGLE: Final = (
    *("tool_resources", "code_interpreter", "file_search", "ranking_options", "function"),
    *("response_format", "json_schema", "expires_after", "chunking_strategy", "static"),
)
"""Blocks, which a state keeps as lists of one."""

_TEXTS: Final = ("parameters", "schema")
"""What is JSON in a text."""

_SWITCHES: Final = {"enable_code_interpreter": "code_interpreter", "enable_retrieval": "retrieval"}
_BOOKKEEPING: Final = ("last_updated", "project_id", "timeouts")
"""The providers' own."""


@dataclass(frozen=True, slots=True)
class _Instance:
    """One instance of a resource: its type, its address in Terraform, and its attributes."""

    type: str
    address: str
    name: str
    attributes: Mapping[str, Any]


def is_state(value: Any) -> bool:
    """Whether a JSON value is a Terraform or OpenTofu state, of whatever version."""
    return isinstance(value, dict) and (
        ("terraform_version" in value and "version" in value) or "encrypted_data" in value
    )


def gather_state(haul: Haul, file: str, state: Mapping[str, Any]) -> None:
    """Add what a state holds to ``haul``."""
    if "encrypted_data" in state:
        haul.flaw(Origin(file), "the state is encrypted", "give what `tofu state pull` prints")
        return
    if state.get("version") != 4:
        haul.flaw(
            Origin(file),
            f"a state of version {state.get('version')!r} can't be read, only of version 4",
            "bring it up to date with Terraform 0.12 or newer: terraform state pull",
        )
        return
    others = 0
    for instance in _instances(haul, file, state):
        others += not _take(haul, file, instance)
    if others:
        haul.note(Origin(file), f"passed over: other resources ({others})")


def _instances(haul: Haul, file: str, state: Mapping[str, Any]) -> Iterator[_Instance]:
    for index, resource in enumerate(_list(state.get("resources"))):
        type_, name = _text(resource.get("type")), _text(resource.get("name"))
        address = ".".join(part for part in (_text(resource.get("module")), type_, name) if part)
        if resource.get("mode") == "data":
            if type_.startswith("openai_assistant"):
                haul.note(Origin(file, f"data.{address}"), "passed over: only read, not managed")
            continue
        for number, instance in enumerate(_list(resource.get("instances"))):
            whole = address + _index(instance.get("index_key"))
            attributes = instance.get("attributes")
            if "deposed" in instance:
                haul.note(Origin(file, whole), "passed over: a deposed instance")
            elif isinstance(attributes, dict):
                yield _Instance(type_, whole, _label(name, instance), attributes)
            elif type_ in _TYPES:
                at = f"$.resources[{index}].instances[{number}]"
                haul.flaw(Origin(file, at), "the instance has no attributes", "pull the state anew")


def _take(haul: Haul, file: str, instance: _Instance) -> bool:
    """Add one instance; whether it is of any use."""
    origin = Origin(file, instance.address)
    attributes = instance.attributes
    if (sort := _TYPES.get(instance.type)) is not None:
        values = _assistant(attributes) if sort == "assistant" else _plain(attributes)
        haul.records.append(Record(sort, origin, values, instance.name))
    elif instance.type == "openai_vector_store_file":
        store, added = _text(attributes.get("vector_store_id")), _text(attributes.get("file_id"))
        haul.attachments.append(Attachment(store, added))
    elif instance.type == "openai_assistant_file":
        added = _text(attributes.get("file_id")) or _text(attributes.get("id"))
        haul.attachments.append(Attachment(_text(attributes.get("assistant_id")), added))
    else:
        return False
    return True


def _assistant(attributes: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: item for key, item in _plain(attributes).items() if key not in _SWITCHES}
    switched = [{"type": tool} for switch, tool in _SWITCHES.items() if attributes.get(switch)]
    if switched:
        written = values.get("tools")
        values["tools"] = [*(written if isinstance(written, list) else ()), *switched]
    return values


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as the API would have them: a state spells out what nobody set."""
    return {
        key: _opened(key, value)
        for key, value in attributes.items()
        if value not in (None, "", [], {}) and key not in _BOOKKEEPING
    }


def _opened(key: str, value: Any) -> Any:
    if key in _SINGLE and isinstance(value, list) and len(value) == 1:
        return _opened(key, value[0])
    if key in _TEXTS:
        return _from_text(value) if isinstance(value, str) else value
    if key == "metadata":
        return value
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain(item) if isinstance(item, dict) else item for item in value]
    return value


def _from_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _label(name: str, instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    return f"{name}-{key}" if isinstance(key, str) else name


def _index(key: Any) -> str:
    return "" if key is None else f"[{json.dumps(key)}]"


def _list(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
