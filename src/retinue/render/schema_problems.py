"""The JSON Schema of what a command prints with ``--json`` where it fails."""

from __future__ import annotations

from typing import Final

from retinue.manifest.schema import DRAFT
from retinue.manifest.schema_parts import Schema, choice, listing, text
from retinue.render.schema_parts import VERSION, count, or_null, record

PROBLEMS_ID: Final = "urn:retinue:schema:problems:1"


def problems_schema() -> Schema:
    """Return the schema of a failure; ``validate --json`` is a list of such problems alone."""
    content = {"format_version": VERSION, "problems": listing("Every one", _problem(), minItems=1)}
    return {
        "$schema": DRAFT,
        "$id": PROBLEMS_ID,
        "title": "Retinue problems",
        **record("Why a command failed", content),
    }


def _problem() -> Schema:
    return record(
        "Something is wrong",
        {
            "code": text("Stable", pattern="^RTN-[A-Z-]+$"),
            "severity": choice("How grave it is", "error", "warning"),
            "message": text("What is wrong"),
            "hint": or_null(text("How to mend it")),
            "file": or_null(text("Relative to the project; null where it is in no manifest")),
            "line": or_null(count("From 1")),
            "column": or_null(count("From 1")),
        },
    )
