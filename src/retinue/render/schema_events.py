"""The JSON Schema of one line of ``--json`` progress. See `retinue.render.json_lines`."""

from __future__ import annotations

from typing import Final

from retinue.engine.plan import Action
from retinue.manifest.schema import DRAFT
from retinue.manifest.schema_parts import Schema, choice, listing, text
from retinue.render.json_lines import MODULE
from retinue.render.schema_parts import address, count, or_null, record

EVENTS_ID: Final = "urn:retinue:schema:events:1"

_STEPS: Final = ("create", "update", "delete", "adopt", "move", "forget", "no-op")
_TIME: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"


def events_schema() -> Schema:
    """Return the schema of one JSON line; which keys it has depends on its ``type``."""
    contents = _contents()
    return {
        "$schema": DRAFT,
        "$id": EVENTS_ID,
        "title": "Retinue JSON line",
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(contents)}},
        "allOf": [_when(kind, content) for kind, content in contents.items()],
    }


def _when(kind: str, content: Schema) -> Schema:
    line = {
        "@level": choice("How grave it is", "info", "warn", "error"),
        "@message": text("A sentence for people"),
        "@module": {"const": MODULE},
        "@timestamp": text("When, with the offset from UTC", pattern=_TIME),
        "type": {"const": kind},
        **content,
    }
    return {
        "if": {"properties": {"type": {"const": kind}}},
        "then": record(f"A line of type {kind}", line),
    }


def _contents() -> dict[str, Schema]:
    read = record("What is read", {"tracked": count("Objects in the state")})
    return {
        "version": {"retinue": text("Retinue's version"), "ui": text("major.minor of this format")},
        "log": {},
        "refresh_start": {"hook": read},
        "refresh_complete": {"hook": read},
        "resource_drift": {"change": _drift()},
        "planned_change": {"change": _planned()},
        "change_summary": {"changes": _figures()},
        "apply_start": {"hook": _started()},
        "apply_progress": {"hook": _step({"elapsed_seconds": count("Whole seconds so far")})},
        "apply_complete": {"hook": _completed()},
        "apply_errored": {"hook": _step({"error": _error()})},
        "apply_skipped": {"hook": _step({"because": or_null(address("What it waited for"))})},
        "diagnostic": {"diagnostic": _diagnostic()},
    }


def _resource() -> Schema:
    return record(
        "A resource",
        {
            "addr": address(),
            "resource": address(),
            "resource_type": text("The kind"),
            "resource_name": text("The name"),
        },
    )


def _step(more: Schema) -> Schema:
    action = choice("What the step does", *_STEPS)
    return record("One step", {"resource": _resource(), "action": action, **more})


def _started() -> Schema:
    return _step({"position": count("From 1"), "total": count("Steps of this apply")})


def _completed() -> Schema:
    return _step(
        {
            "id_key": {"const": "id"},
            "id_value": text("The object's ID"),
            "elapsed_seconds": count("Whole seconds"),
        }
    )


def _error() -> Schema:
    return record(
        "What went wrong",
        {
            "code": text("Stable"),
            "message": text("What happened"),
            "hint": or_null(text("What to do next")),
        },
    )


def _drift() -> Schema:
    return record(
        "What somebody changed",
        {
            "resource": _resource(),
            "action": choice("What they did", "update", "delete"),
            "fields": listing("Attributes that differ", text("A name")),
        },
    )


def _planned() -> Schema:
    return record(
        "What would be done",
        {
            "resource": _resource(),
            "action": choice("What", *(action.value for action in Action)),
            "reason": text("Why; treat one you don't know as none"),
            "previous_resource": _resource(),
        },
        optional=["reason", "previous_resource"],
    )


def _figures() -> Schema:
    names = ("add", "change", "import", "remove", "move", "forget")
    operation = choice("Whether they are planned or done", "plan", "apply")
    return record("The figures", {**{n: count("How many") for n in names}, "operation": operation})


def _diagnostic() -> Schema:
    start = record("From 1", {"line": count("The line"), "column": count("The column")})
    place = {"filename": text("Relative to the project"), "start": start}
    return record(
        "Something is wrong",
        {
            "severity": choice("How grave it is", "error", "warning"),
            "summary": text("What is wrong"),
            "detail": text("How to mend it; may be empty"),
            "code": text("Stable"),
            "address": address(),
            "addresses": listing("The resources concerned", address()),
            "range": record("Where in a file", place),
        },
        optional=["address", "addresses", "range"],
    )
