"""What the tests of targets share: assistants as manifests declare them, compiled for a target."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from retinue.address import Address
from retinue.kinds.base import MARKER, Resource, Write
from retinue.kinds.desired import Context
from retinue.kinds.marker import Marker, Owner
from retinue.kinds.values import Sealed, resolve
from retinue.manifest.compose import load
from retinue.manifest.model import Assistant, Secret
from retinue.problem import Place
from retinue.targets.registry import COMPILERS

OWNER = Owner("demo", "default")
TUTOR = Address("assistant", "tutor")
MODEL = "some-model"
"""A model that no source says anything of."""

AROUND: Mapping[str, Any] = {
    "files": {"notes": {"path": "notes.md"}},
    "vector_stores": {"papers": {}},
    "environments": {"lab": {}},
    "vaults": {"keys": {}},
    "credentials": {
        "door": {
            "vault": "keys",
            "type": "static_bearer",
            "mcp_server_url": "https://tools.example/mcp",
            "token": "${env:DOOR}",
        }
    },
    "functions": {"quiz": {"description": "Sets a quiz."}},
}
"""What assistants of the tests may refer to."""


@dataclass(frozen=True)
class Sources:
    """A project, as far as reading its manifests goes."""

    root: Path
    target: str = "assistants"
    variables: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def manifests(self) -> Path:
        return self.root / "assistants"

    @property
    def manifests_place(self) -> Place:
        return Place("retinue.yaml")


def assistant(root: Path, target: str, **written: Any) -> Assistant:
    """The assistant that a manifest declares, as it is on ``target``."""
    found = load(declaring(root, written), target=target).resources[TUTOR]
    assert isinstance(found, Assistant)
    return found


def declaring(root: Path, written: Mapping[str, Any]) -> Sources:
    """A project whose manifest declares the assistant, and what is around it."""
    folder = root / "assistants"
    folder.mkdir(exist_ok=True)
    (folder / "notes.md").write_text("notes")
    manifest = {**AROUND, "assistants": {"tutor": {"model": MODEL, **written}}}
    (folder / "team.yaml").write_text(json.dumps(manifest))
    return Sources(root)


def seal(secret: Secret) -> Sealed:
    return Sealed(str(secret), secret)


def compiled(declared: Assistant) -> Resource:
    return COMPILERS[declared.target](declared, Context(OWNER, {}, seal))


def id_of(address: Address) -> str:
    """The ID that a resource would get; a credential's says its vault."""
    plain = f"{address.kind}_{address.name}"
    return f"vault_keys/{plain}" if address.kind == "credential" else plain


def resolved(resource: Resource) -> dict[str, Any]:
    """The values of a resource with IDs in the place of references."""
    values: dict[str, Any] = resolve(resource.values, id_of)
    return values


def written(
    values: Mapping[str, Any], *, changed: set[str] | None = None, applied: Any = None
) -> Write:
    """A write of ``values``, of all of them unless ``changed`` says which."""
    return Write(
        address=TUTOR,
        values=values,
        changed=frozenset(values if changed is None else changed),
        marker=Marker(OWNER, TUTOR, "0123456789abcdef"),
        applied=applied or {},
    )


def unmarked(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != MARKER}


# --- OpenAI's own description ------------------------------------------------------------------


@cache
def description() -> dict[str, Any] | None:
    """OpenAI's API description, where it is at hand (see tests/unit/local/conftest.py)."""
    named = os.environ.get("RETINUE_OPENAPI")
    beside = (up / "shared" / "openapi" / "openai-subset.json" for up in Path(__file__).parents)
    for candidate in [Path(named)] if named else beside:
        if candidate.is_file():
            found: dict[str, Any] = json.loads(candidate.read_text("utf-8"))
            return found
    return None


def hold_against(component: str, value: Any) -> None:
    """Fail where ``value`` is not what the description says; skip where that is not at hand."""
    import jsonschema_rs

    known = description()
    if known is None:
        pytest.skip("OpenAI's API description is not at hand; RETINUE_OPENAPI can name it")
    schema = {"$ref": f"#/components/schemas/{component}", "components": known["components"]}
    problems = [str(each) for each in jsonschema_rs.validator_for(schema).iter_errors(value)]
    assert problems == []
