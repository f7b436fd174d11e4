"""Every JSON Schema that Retinue publishes, and the files that hold them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retinue.manifest.schema_parts import Schema


def schemas() -> dict[str, Schema]:
    """Document name to its schema."""
    from retinue.manifest.schema import manifest_schema
    from retinue.manifest.schema_project import project_schema
    from retinue.render.schema_events import events_schema
    from retinue.render.schema_plan import drift_schema, plan_schema
    from retinue.render.schema_problems import problems_schema

    return {
        "manifest": manifest_schema(),
        "project": project_schema(),
        "plan": plan_schema(),
        "drift": drift_schema(),
        "problems": problems_schema(),
        "events": events_schema(),
    }


def write_schemas(folder: Path) -> None:
    """Write ``NAME.schema.json`` for each, as the repository keeps them for editors."""
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
