"""The JSON Schemas of plan and drift documents.

Draft 2020-12. What a resource's own attributes are is the platform's business and left open.
"""

from __future__ import annotations

from typing import Final

from retinue.engine.plan import Action, Counts, Reason
from retinue.manifest.schema import DRAFT
from retinue.manifest.schema_parts import Schema, choice, flag, listing, text
from retinue.render.drift import DOCUMENT
from retinue.render.schema_parts import VERSION, address, count, open_mapping, or_null, record

PLAN_ID: Final = "urn:retinue:schema:plan:1"
DRIFT_ID: Final = "urn:retinue:schema:drift:1"

_SHA256: Final = "^[0-9a-f]{64}$"


def plan_schema() -> Schema:
    """Return the schema of a plan document: ``plan --json`` and plan files."""
    return {
        "$schema": DRAFT,
        "$id": PLAN_ID,
        "title": "Retinue plan",
        **record("What an apply would do, frozen", {**_origin(), **_content()}),
    }


def drift_schema() -> Schema:
    """Return the schema of what ``drift --json`` prints: a part of a plan document."""
    whole = {**_origin(), **_content()}
    return {
        "$schema": DRAFT,
        "$id": DRIFT_ID,
        "title": "Retinue drift",
        **record("What others changed on the platform", {key: whole[key] for key in DOCUMENT}),
    }


def _origin() -> Schema:
    return {
        "format_version": VERSION,
        "id": text("Names this very plan"),
        "digest": text("SHA-256 of what an apply would do", pattern=_SHA256),
        "timestamp": text("When it was made"),
        "project": text("The project"),
        "stack": text("The stack"),
        "platform": text("The platform's base URL, or local"),
        "lineage": text("Names the state's history"),
        "serial": count("The state's serial number"),
    }


def _content() -> Schema:
    figures = {name: count(f"How many to {name}") for name in Counts.__dataclass_fields__}
    return {
        "approvable": {
            "type": "boolean",
            "description": "Whether the digest can be approved: not that of a preview which lacks "
            "a secret that was never applied",
        },
        "summary": record("The figures of the summary line", figures),
        "resource_changes": listing("Every resource, in the order of execution", _change()),
        "resource_drift": listing("What somebody changed on the platform", _drift()),
        "refusals": listing("Why apply would refuse", _refusal()),
        "notes": listing("Sentences for people", text("A sentence")),
        "selection": {
            "type": "object",
            "description": "With --target or --exclude: address to why it is part of the plan",
            "additionalProperties": text("The reason"),
        },
    }


def _identity() -> Schema:
    return {
        "address": address(),
        "type": text("The kind"),
        "name": text("The name"),
        "provider_type": text("The type of object on the platform"),
    }


def _change() -> Schema:
    addresses = listing("Addresses", address())
    names = listing("Names of attributes", text("A name"))
    known = ", ".join(reason.value for reason in Reason)
    return record(
        "One change",
        {
            **_identity(),
            "previous_address": or_null(address("The address it had")),
            "previous_provider_type": or_null(
                text("The type of the object that a replacement deletes, where it is another one")
            ),
            "id": or_null(text("The object's ID, where it exists")),
            "action": choice("What is done", *(action.value for action in Action)),
            "action_reason": or_null(
                text(f"Why; treat one you don't know as null. Known: {known}")
            ),
            "change": _values(),
            "references": listing("Where an ID will stand that is not known yet", _reference()),
            "secrets": listing("Where a fingerprint stands for a secret", _secret()),
            "changed": {**names, "description": "Attributes that differ"},
            "resets": {**names, "description": "Attributes that left the manifest"},
            "depends_on": {**addresses, "description": "What must be written before"},
            "released_from": {**addresses, "description": "What it depended on so far"},
            "upload": or_null(_upload()),
            "inline": listing("Local content that is sent inside of the object", _upload()),
            "protect": flag("Whether it will be protected"),
            "protected": flag("Whether it is protected"),
            "leftover": flag("Whether it is an object that an interrupted apply left behind"),
            "basis": text("Digest of what the change was decided on"),
            "level": count("How many changes deep what it waits for is"),
        },
    )


def _values() -> Schema:
    words = ("create", "update", "delete", "forget", "no-op")
    return record(
        "The attributes before and after",
        {
            "actions": listing("As in Terraform's plans", choice("An action", *words), minItems=1),
            "before": or_null(open_mapping("Managed attributes as they are")),
            "after": or_null(open_mapping("As they will be; null where not known yet")),
            "after_unknown": open_mapping("True where something is known only after apply"),
            "before_sensitive": open_mapping("True where something is sensitive"),
            "after_sensitive": open_mapping("True where something is sensitive"),
            "replace_paths": listing(
                "What forces a replacement", listing("A path", {"type": ["string", "integer"]})
            ),
            "importing": record("With adopt: what is adopted", {"id": text("The ID")}),
        },
        optional=["importing"],
    )


def _path() -> Schema:
    return listing("Keys and indexes that lead there", {"type": ["string", "integer"]})


def _reference() -> Schema:
    return record("An ID that is not known yet", {"path": _path(), "address": address()})


def _secret() -> Schema:
    source = record(
        "Where the text comes from",
        {
            "env": text("An environment variable; empty where there is a command"),
            "command": listing("A program and its arguments", text("A word")),
        },
    )
    return record(
        "A secret, which is never written down",
        {
            "in": choice("Which values", "before", "after"),
            "path": _path(),
            "source": or_null(source),
        },
    )


def _upload() -> Schema:
    return record(
        "The local file to send",
        {
            "path": text("Relative to the project"),
            "sha256": text("Of its content", pattern=_SHA256),
            "size": count("Bytes"),
            "files": {
                "type": "object",
                "description": "Of a folder: the digest of each file, by its path relative to it",
                "additionalProperties": text("Of its content", pattern=_SHA256),
            },
        },
        optional=["files"],
    )


def _drift() -> Schema:
    values = {
        "actions": listing("update, or delete when it is gone", choice("One", "update", "delete")),
        "before": open_mapping("What was applied"),
        "after": or_null(open_mapping("What is there now; null when it is gone")),
    }
    return record(
        "One object that somebody changed",
        {**_identity(), "id": text("Its ID"), "change": record("The attributes", values)},
    )


def _refusal() -> Schema:
    return record(
        "One reason why apply would refuse",
        {
            "code": text("Stable", pattern="^RTN-[A-Z-]+$"),
            "message": text("What is wrong"),
            "hint": text("How to go on"),
            "addresses": listing("The resources concerned", address()),
        },
    )
