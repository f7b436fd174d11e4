"""What a plan asks of a platform on which all is as it shall be: lists of a hundred, and no object
by itself. Counted, never timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.wire import Fault, Sent
from tests.worlds.world import World, a_world

MANY = 130
"""More than a page holds, by more than it is worth to ask for one by one."""

PLUGIN = '{"name": "notes", "description": "Finds notes."}'
WEEKLY = {"cron": "0 8 * * 1", "timezone": "UTC"}
TEMPLATES = "/agents/environments/templates"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.environ = {"TOKEN": "a secret"}
        made.write({"assistants/notes.md": "x", "assistants/p/.codex-plugin/plugin.json": PLUGIN})
        yield made


def an_environment() -> dict[str, Any]:
    """One with content of which the platform returns nothing."""
    files = [{"inline": "notes.md", "path": "/workspace/notes.md"}]
    return {"files": files, "plugins": [{"path": "p"}], "variables": {"TOKEN": "${env:TOKEN}"}}


def a_credential(vault: str) -> dict[str, Any]:
    server = {"type": "static_bearer", "mcp_server_url": "https://mcp.example/mcp"}
    return {**server, "vault": vault, "token": "${env:TOKEN}"}


def an_agent() -> dict[str, Any]:
    return {"target": "agents", "model": "gpt-5", "instructions": "Be kind."}


def an_automation() -> dict[str, Any]:
    return {"assistant": "tutor", "schedule": WEEKLY, "prompt": "Ask."}


def many(section: str, resource: dict[str, Any], **around: Any) -> dict[str, Any]:
    return {section: {f"n{n}": resource for n in range(MANY)}, **around}


def asked(sent: list[Sent]) -> dict[str, int]:
    """The requests, by method and path; how much of a list each asks for is checked on the way."""
    assert all("limit=100" in one.query for one in sent), sent
    return dict(Counter(str(one) for one in sent))


def no_op(world: World) -> list[Sent]:
    """What a plan sends that finds nothing to do."""
    planned, sent = world.recorded(world.plan)
    assert planned.plan.empty
    return sent


def applied(world: World, manifest: dict[str, Any]) -> list[Sent]:
    world.declare(manifest)
    outcome, sent = world.recorded(world.apply)
    assert outcome.outcome is not None
    assert outcome.outcome.complete
    return sent


@pytest.mark.parametrize(
    ("section", "resource", "path"),
    [
        ("environments", an_environment(), TEMPLATES),
        ("vaults", {}, "/vaults"),
        ("assistants", an_agent(), "/agents"),
    ],
)
def test_many_of_a_kind_are_read_in_pages(
    world: World, section: str, resource: dict[str, Any], path: str
) -> None:
    applied(world, many(section, resource))
    assert asked(no_op(world)) == {f"GET {path}": 2}


def test_many_skills_are_read_in_pages_and_none_is_downloaded(world: World) -> None:
    names = [f"n{n}" for n in range(MANY)]
    for name in names:
        front = f"---\nname: {name}\ndescription: x\n---\n"
        world.write({f"assistants/s/{name}/SKILL.md": front})
    applied(world, {"skills": {name: {"path": f"s/{name}"} for name in names}})
    assert asked(no_op(world)) == {"GET /skills": 2}


def test_many_automations_are_read_in_pages(world: World) -> None:
    applied(world, many("automations", an_automation(), assistants={"tutor": an_agent()}))
    assert asked(no_op(world)) == {"GET /agents/automations": 2, "GET /agents": 1}


def test_many_credentials_of_a_vault_are_read_in_pages_of_that_vault_alone(world: World) -> None:
    vaults: dict[str, Any] = {name: {} for name in ("tools", "spare", "more")}
    applied(world, many("credentials", a_credential("tools"), vaults=vaults))
    of_tools = f"GET {world.path_of('vault.tools')}/credentials"
    assert asked(no_op(world)) == {"GET /vaults": 1, of_tools: 2}


def test_credentials_of_several_vaults_cost_a_request_a_vault_at_most(world: World) -> None:
    vaults: dict[str, Any] = {f"v{n}": {} for n in range(9)}
    secrets = {name: a_credential(name) for name in vaults}
    applied(world, {"vaults": vaults, "credentials": secrets})
    for n in range(5):
        world.by_hand("POST", "/vaults", {"name": f"of user {n}"})
    sent = no_op(world)
    assert len([one for one in sent if "/credentials" in one.path]) == len(secrets)


def test_an_answer_that_got_lost_is_looked_for_in_the_vault_it_belongs_to(world: World) -> None:
    for n in range(5):
        world.by_hand("POST", "/vaults", {"name": f"of user {n}"})
    applied(world, {"vaults": {"tools": {}, "spare": {}}})
    faults = iter([Fault.CUT_AFTER])
    world.wire.script = lambda sent: next(faults, None) if sent.creates else None
    manifest = {"vaults": {"tools": {}, "spare": {}}, "credentials": {"a": a_credential("tools")}}
    sent = applied(world, manifest)
    created = next(index for index, one in enumerate(sent) if one.creates)
    of_tools = f"{world.path_of('vault.tools')}/credentials"
    assert {one.path for one in sent[created:]} == {of_tools}


def test_a_first_apply_asks_little_more_than_it_writes(world: World) -> None:
    sent = applied(world, many("environments", an_environment()))
    reads = [one for one in sent if not one.writes]
    assert len(sent) - len(reads) == MANY
    assert {one.path for one in reads} == {TEMPLATES}
    assert len(reads) <= 3
