"""A project with every kind there is and an assistant on each target, what becomes of it, and what
should then be live: by hand, in tests/cases/faults/team.yaml.

`everything` shows a platform without IDs, times and versions, so that two equal ones are equal.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tests.support.launch import Ended
from tests.support.platform import Server
from tests.support.world import World

GOLDEN = Path(__file__).parents[1] / "cases" / "faults" / "team.yaml"
EXPECTED: Mapping[str, Any] = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))

SHOWN: Mapping[str, tuple[str, ...]] = {
    "/files": ("filename",),
    "/vector_stores": ("name", "metadata"),
    "/skills": ("name", "description"),
    "/vaults": ("name", "metadata"),
    "/agents/environments/templates": ("name", "network", "packages", "files", "skills"),
    "/assistants": ("name", "model", "instructions", "tools", "tool_resources", "metadata"),
    "/agents": ("name", "model", "instructions", "tools", "metadata"),
    "/agents/automations": ("name", "status", "expression", "target", "metadata"),
}
"""Every family, and what is looked at of its objects."""

_SKILL = "---\nname: latex\ndescription: Sets formulas.\n---\n"


@dataclass(slots=True)
class Team:
    """What is declared. name: where `EXPECTED` has it. texts: files by path. environ: secrets."""

    name: str
    manifest: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)


# --- What is declared --------------------------------------------------------------------------


def first_team() -> Team:
    """Every kind, each with a dependant where it can have one, and an assistant on each target."""
    texts = {
        "docs/notes.md": "One plus one is two.\n",
        "docs/tasks.md": "Differentiate.\n",
        "skills/latex/SKILL.md": f"{_SKILL}Use amsmath.\n",
        "skills/latex/macros.tex": "\\newcommand\n",
    }
    environ = {"TOKEN": "first-token", "KEY": "first-key"}
    return Team("first", {**_assistants(), **_surroundings()}, texts, environ)


def _assistants() -> dict[str, Any]:
    server = {"server_label": "repo", "server_url": "https://mcp.example/mcp"}
    search = {"type": "file_search", "vector_store": "notes"}
    return {
        "assistants": {
            "tutor": {
                "target": "agents",
                "model": "some-model",
                "instructions": "Be kind.",
                "environment": "bench",
                "vaults": ["tools"],
                "tools": [{"type": "mcp", **server, "credential": "repo"}],
            },
            "coach": {"target": "responses", "model": "some-model", "tools": [search]},
            "guide": {"target": "assistants", "model": "some-model", "tools": [search]},
        },
        "automations": {
            "nightly": {
                "assistant": "tutor",
                "schedule": {"cron": "0 6 * * 1", "timezone": "UTC"},
                "prompt": "Set a quiz.",
                "environment": "bench",
                "vaults": ["tools"],
            }
        },
    }


def _surroundings() -> dict[str, Any]:
    token = {"type": "static_bearer", "token": "${env:TOKEN}"}
    return {
        "files": {"notes": {"path": "docs/notes.md"}, "tasks": {"path": "docs/tasks.md"}},
        "vector_stores": {"notes": {"files": ["notes"]}},
        "vaults": {"tools": {"metadata": {"team": "education"}}},
        "credentials": {
            "repo": {"vault": "tools", "mcp_server_url": "https://mcp.example/mcp", **token},
            "wiki": {"vault": "tools", "mcp_server_url": "https://wiki.example/mcp", **token},
        },
        "environments": {
            "bench": {
                "packages": {"python": ["numpy"]},
                "files": [{"file": "tasks", "path": "/workspace/tasks.md"}],
                "skills": ["latex"],
                "variables": {"KEY": "${env:KEY}"},
            },
            "spare": {},
        },
        "skills": {"latex": {"path": "skills/latex"}},
    }


def second_team() -> Team:
    """The same a week later: created, updated, replaced, deleted, moved and rotated at once."""
    team = first_team()
    manifest, team.name = team.manifest, "second"
    team.texts["docs/tasks.md"] = "Integrate.\n"
    team.texts["skills/latex/macros.tex"] = "\\renewcommand\n"
    team.environ = {"TOKEN": "second-token", "KEY": "second-key"}
    manifest["vaults"]["tools"]["metadata"] = {"team": "maths"}
    manifest["credentials"]["wiki"]["mcp_server_url"] = "https://wiki.example/v2"
    manifest["environments"]["bench"]["packages"] = {"python": ["scipy"]}
    manifest["environments"]["lab"] = manifest["environments"].pop("spare")
    manifest["environments"]["new"] = {"skills": ["latex"]}
    manifest["automations"]["nightly"].update(prompt="Set two.", paused=True)
    manifest["automations"]["daily"] = {**manifest["automations"]["nightly"], "paused": True}
    manifest["assistants"]["tutor"]["instructions"] = "Be kind and brief."
    manifest["assistants"]["coach"]["instructions"] = "Be brief."
    del manifest["assistants"]["guide"]
    manifest["vaults"]["keys"] = manifest["vaults"].pop("tools")
    for user in (*manifest["assistants"].values(), *manifest["automations"].values()):
        user["vaults"] = ["keys"] if "vaults" in user else []
    del manifest["assistants"]["coach"]["vaults"]
    for credential in manifest["credentials"].values():
        credential["vault"] = "keys"
    manifest["moved"] = [
        {"from": "environment.spare", "to": "environment.lab"},
        {"from": "vault.tools", "to": "vault.keys"},
    ]
    return team


def on_target(target: str) -> Team:
    """Two assistants and what they search, on a target."""
    search = {"type": "file_search", "vector_store": "notes"}
    tool = {"type": "function", "function": {"name": "add", "description": "Adds."}}
    assistant = {
        "target": target,
        "model": "some-model",
        "instructions": "Be kind.",
        "metadata": {"team": "education"},
        "tools": [search, tool],
        "targets": {"agents": {"tools": [tool]}},
    }
    manifest: dict[str, Any] = {
        "assistants": {name: deepcopy(assistant) for name in ("tutor", "coach")},
        "vector_stores": {"notes": {"files": ["notes"]}},
        "files": {"notes": {"path": "docs/notes.md"}},
    }
    return Team(target, manifest, {"docs/notes.md": "One plus one is two.\n"})


def declare(world: World, team: Team) -> None:
    """Make the manifests of a world say ``team``; what it no longer has stays on the disk."""
    world.environ = dict(team.environ)
    for path, text in team.texts.items():
        world.write(f"assistants/{path}", text)
    world.write("assistants/team.yaml", json.dumps(team.manifest, indent=1))


# --- What is live ------------------------------------------------------------------------------


def objects(server: Server) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Family, ID as the state has it, and object, of all there is."""
    for family in SHOWN:
        for item in server.every(family):
            yield family, item["id"], item
            if family == "/vaults":
                within = f"/vaults/{item['id']}/credentials"
                for each in server.every(within):
                    yield "/credentials", f"{item['id']}/{each['id']}", each


def ids(server: Server) -> list[str]:
    """The ID of every object there is."""
    return sorted(object_id for _, object_id, _ in objects(server))


def everything(server: Server) -> dict[str, list[Any]]:
    """All objects, without IDs: what refers to another one names it."""
    found = list(objects(server))
    names = {i: f"<{item.get('name') or item.get('filename')}>" for _, i, item in found}
    names |= {i.rpartition("/")[2]: name for i, name in names.items()}
    seen: dict[str, list[Any]] = {}
    for family, object_id, item in found:
        keys = SHOWN.get(family, ("name", "auth", "metadata"))
        plain = {key: _plain(item[key], names) for key in keys if key in item}
        plain |= {key: _plain(value, names) for key, value in _inside(server, family, object_id)}
        seen.setdefault(family, []).append(plain)
    return {family: sorted(each, key=json.dumps) for family, each in seen.items()}


def _inside(server: Server, family: str, object_id: str) -> Iterator[tuple[str, Any]]:
    """What an object holds besides what it says."""
    if family == "/files":
        yield "content", server.content(object_id).decode().strip()
    if family == "/skills":
        folder = zipfile.ZipFile(io.BytesIO(server.download(f"/skills/{object_id}/content")))
        yield "content", {n: folder.read(n).decode().split("\n") for n in sorted(folder.namelist())}
    if family == "/vector_stores":
        yield "files", [each["id"] for each in server.every(f"/vector_stores/{object_id}/files")]


def _plain(value: Any, names: Mapping[str, str]) -> Any:
    """A value without IDs, and without what the platform says of what nobody said."""
    if isinstance(value, dict):
        kept = {key: _plain(item, names) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, [], {}, False)}
    if isinstance(value, list):
        return [_plain(item, names) for item in value]
    if isinstance(value, str) and value.startswith("1/") and value.count("/") == 4:
        return value.split("/", 2)[2]  # the marker, without the operation that wrote it
    return names.get(value, value) if isinstance(value, str) else value


# --- What must hold ----------------------------------------------------------------------------


def is_team(world: World, team: Team) -> None:
    """The platform shows exactly ``team``, and the state names exactly what is there."""
    resources = world.state["resources"]
    releases = {a: item for a, item in resources.items() if "@" in item["id"]}
    seen = everything(world.server)
    names = {i: f"<{item.get('name')}>" for _, i, item in objects(world.server)}
    if releases:
        seen["releases"] = [_release(releases[address], names) for address in sorted(releases)]
    assert seen == EXPECTED[team.name]
    recorded = [item["id"] for a, item in resources.items() if a not in releases]
    assert sorted(recorded) == ids(world.server)
    assert not any(item["deposed"] for item in resources.values())


def _release(item: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    values = {k: v for k, v in item["values"].items() if k in ("name", "instructions", "tools")}
    return _plain(values, names)


def keeps_secrets(world: World) -> None:
    """No secret is in the state, in the journal, or anywhere else in the project and beside it."""
    folder = world.project.parent
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for secret in world.environ.values():
        assert [path for path, content in kept.items() if secret.encode() in content] == []


def recovers(world: World, team: Team) -> Ended:
    """One normal apply makes everything right, whatever happened before."""
    keeps_secrets(world)
    applied = world.apply()
    assert applied.code == 0, applied
    keeps_secrets(world)
    is_team(world, team)
    left = {path.name for path in world.state_file.parent.iterdir()}
    assert left <= {world.state_file.name, world.lock_file.name}
    world.plan_is_empty()
    return applied
