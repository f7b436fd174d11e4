"""Every JSON Schema that Retinue publishes, and the files that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def schemas() -> dict[str, dict[str, Any]]:
    """Document name to its schema."""
    from retinue.manifest.schema import manifest_schema
    from retinue.manifest.schema_project import project_schema
    from retinue.render.schema import drift_schema, plan_schema
    from retinue.render.schema_events import events_schema
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
    from retinue.manifest import schema as manifest
    from retinue.render import schema as render

    manifest.write_schemas(folder)
    render.write_schemas(folder)
