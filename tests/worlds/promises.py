"""What holds after every apply that ended well: nothing left to do, one object for each address,
and on the platform exactly what the manifests say."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.worlds.sketch import FIELDS, Section, Sketch
from tests.worlds.world import World

from retinue.address import Address
from retinue.operations.planning import PlanOptions

FORCED = PlanOptions(forced=True)
MARKED = ("assistants.assistant", "agents.assistant", "vector_store", "vault", "automation")
UNMARKED = ("file", "environment", "skill")


def nothing_is_left_to_do(world: World) -> None:
    plan = world.plan(FORCED).plan
    assert plan.pending == ()
    assert plan.drift == ()


def one_object_per_address(world: World, declared: set[str], others: Collection[str]) -> None:
    """``others`` are objects without a marker that are not ours, or that a plan has named."""
    entries = world.state.entries
    assert {str(address) for address in entries} == declared
    ids = [entry.id for entry in entries.values()]
    assert len(set(ids)) == len(ids)
    assert not any(entry.deposed for entry in entries.values())
    for type_ in (*MARKED, *UNMARKED):
        ours = {entry.id for entry in entries.values() if entry.type == type_}
        there = {item["id"] for item in world.objects(type_)}
        more = set(others) if type_ in UNMARKED else set()
        assert ours <= there <= ours | more, type_
    vaults = [item["id"] for item in world.objects("vault")]
    within = {
        f"{vault}/{item['id']}"
        for vault in vaults
        for item in world.by_hand("GET", f"/vaults/{vault}/credentials?limit=100")["data"]
    }
    assert within == {entry.id for entry in entries.values() if entry.type == "credential"}


def live_equals_desired(world: World, sketch: Sketch) -> None:
    checks = {
        "files": _file_is,
        "vector_stores": _store_is,
        "assistants": _assistant_is,
        "vaults": _vault_is,
        "credentials": _credential_is,
        "environments": _environment_is,
        "skills": _skill_is,
        "automations": _automation_is,
    }
    assert checks.keys() == sketch.sections.keys()
    for section, check in checks.items():
        resources: Section = sketch.sections[section]
        for name, resource in resources.items():
            check(world, name, _inherited(sketch, resource) | resource)


def _inherited(sketch: Sketch, resource: dict[str, Any]) -> dict[str, Any]:
    """What an automation has of its agent where it names nothing itself."""
    agent = sketch.sections["assistants"].get(resource.get("assistant", ""), {})
    return {"environment": agent["environment"]} if "environment" in agent else {}


def _file_is(world: World, name: str, file: dict[str, Any]) -> None:
    assert world.live(f"file.{name}")["filename"] == Path(file["path"]).name
    content = (world.root / "assistants" / file["path"]).read_bytes()
    assert world.content(f"file.{name}") == content


def _store_is(world: World, name: str, store: dict[str, Any]) -> None:
    live = world.live(f"vector_store.{name}")
    wanted = {
        world.id_of(f"file.{item['file']}"): item.get("attributes", {}) for item in store["files"]
    }
    assert {item["id"]: _plain(item["attributes"]) for item in live["files"]} == wanted
    assert _plain(live["metadata"]) == store.get("metadata", {})


def _vault_is(world: World, name: str, vault: dict[str, Any]) -> None:
    live = world.live(f"vault.{name}")
    assert live["name"] == name
    if "metadata" in vault:
        assert _plain(live["metadata"]) == vault["metadata"]


def _credential_is(world: World, name: str, credential: dict[str, Any]) -> None:
    live = world.live(f"credential.{name}")
    assert live["name"] == name
    assert live["vault_id"] == world.id_of(f"vault.{credential['vault']}")
    assert live["auth"]["mcp_server_url"] == credential["mcp_server_url"]


def _environment_is(world: World, name: str, environment: dict[str, Any]) -> None:
    live = world.live(f"environment.{name}")
    assert live["name"] == name
    for manager, packages in environment.get("packages", {}).items():
        assert live["packages"][manager] == packages
    files = {file["path"]: world.id_of(f"file.{file['file']}") for file in environment["files"]}
    assert {file["path"]: file["file_id"] for file in live["files"]} == files
    skills = {world.id_of(f"skill.{skill}") for skill in environment["skills"]}
    assert {skill["skill_id"] for skill in live["skills"]} == skills


def _skill_is(world: World, name: str, skill: dict[str, Any]) -> None:
    content = zipfile.ZipFile(io.BytesIO(world.content(f"skill.{name}")))
    texts = {Path(each).name: content.read(each) for each in content.namelist()}
    folder = world.root / "assistants" / skill["path"]
    assert texts == {path.name: path.read_bytes() for path in folder.iterdir()}


def _automation_is(world: World, name: str, automation: dict[str, Any]) -> None:
    live = world.live(f"automation.{name}")
    target = live["target"]
    assert live["expression"] == automation["schedule"]["cron"]
    assert target["agent_id"] == world.id_of(f"assistant.{automation['assistant']}")
    assert target["input"][0]["content"][0]["text"] == automation["prompt"]
    assert target["vault_ids"] == [world.id_of(f"vault.{each}") for each in automation["vaults"]]
    template = target["environment"].get("environment_template_id")
    named = automation.get("environment")
    assert template == (named and world.id_of(f"environment.{named}"))
    if "paused" in automation:
        assert live["status"] == ("paused" if automation["paused"] else "active")


def _assistant_is(world: World, name: str, assistant: dict[str, Any]) -> None:
    target = assistant["target"]
    entry = world.state.entries[Address("assistant", name)]
    assert entry.type == f"{target}.assistant"
    live = dict(entry.values) if target == "responses" else world.live(f"assistant.{name}")
    if target == "agents":
        live |= live["text"]
    if target == "responses":
        live |= {"response_format": _format_of(live), "metadata": live.get("metadata", {})}
    for field in FIELDS[target].keys() & assistant.keys() - {"metadata"}:
        assert live[field] == assistant[field], field
    if "metadata" in assistant:
        assert _plain(live["metadata"]) == assistant["metadata"]
    assert live["name"] == assistant.get("name", name)
    assert [tool["type"] for tool in live["tools"]] == [t["type"] for t in assistant["tools"]]
    for tool, wanted in zip(live["tools"], assistant["tools"], strict=True):
        _tool_is(world, tool, wanted, live.get("tool_resources") or {})


def _format_of(values: dict[str, Any]) -> Any:
    """The form of the answers of a release, as manifests of these tests say it."""
    written = values.get("text", {}).get("format")
    return "auto" if written == {"type": "text"} else written


def _tool_is(
    world: World, live: dict[str, Any], tool: dict[str, Any], resources: dict[str, Any]
) -> None:
    """A tool uses what it shall: on the target assistants that stands beside it."""
    kind = tool["type"]
    beside = {**live, **live.get("container", {}), **resources.get(kind, {})}
    if kind == "code_interpreter":
        wanted = {world.id_of(f"file.{each}") for each in tool["files"]}
        assert set(beside.get("file_ids", ())) == wanted
    elif kind == "file_search":
        assert beside["vector_store_ids"] == [world.id_of(f"vector_store.{tool['vector_store']}")]
    elif kind == "mcp":
        wanted_id = world.id_of(f"credential.{tool['credential']}")
        assert live["credential_id"] == wanted_id.rpartition("/")[2]


def _plain(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if key != "retinue"}
