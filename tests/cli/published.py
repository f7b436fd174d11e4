"""The published schemas, and whether a document fits one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "schemas"


def published(name: str) -> dict[str, Any]:
    """The schema of the documents that are called ``name``."""
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return schema


def fits(document: Any, name: str) -> None:
    """Make sure that ``document`` is as its schema says."""
    problems = [
        error.message for error in Draft202012Validator(published(name)).iter_errors(document)
    ]
    assert problems == []
