"""Saved agents on the embedded platform: after an apply nothing is left to do, for every field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.targets import samples
from tests.unit.targets.making import MODEL
from tests.worlds.world import World, a_world

from retinue.address import Address
from retinue.targets.agents import session_of
from retinue.targets.refusals import RULES

TUTOR = "assistant.tutor"
REFUSED = {rule.subject for rule in RULES if rule.target == "agents"}
FIELDS = sorted(samples.FIELDS.keys() - REFUSED - {"environment", "vaults"})
TOOLS = sorted(t for t in samples.TOOLS if f"tool {t}" not in REFUSED and t != "retrieval")
OPTIONS = sorted(
    (type_, key)
    for type_, key in samples.OPTIONS
    if type_ in TOOLS and f"{type_}.{key}" not in REFUSED
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.write({"retinue.yaml": "project: demo\ntarget: agents\n"})
        yield made


def settles(world: World, **said: Any) -> dict[str, Any]:
    """Apply; nothing is left to do. Returns the agent as the platform shows it."""
    world.declare({"assistants": {"tutor": {"model": MODEL, **said}}})
    world.apply()
    again = world.plan().plan
    assert again.pending == ()
    assert again.drift == ()
    return world.live(TUTOR)


def template(world: World, name: str) -> str:
    """An environment template of somebody else's."""
    return str(world.by_hand("POST", "/agents/environments/templates", {"name": name})["id"])


def managed(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {key: shown[key] for key in shown if key not in ("updated_at", "metadata")}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_comes_and_goes(world: World, name: str) -> None:
    plain = settles(world)
    there = settles(world, **{name: samples.FIELDS[name]})
    assert there != plain
    assert managed(settles(world)) == managed(plain)


@pytest.mark.parametrize("type_", TOOLS)
def test_a_tool_comes_and_goes(world: World, type_: str) -> None:
    plain = settles(world)
    assert len(settles(world, tools=[samples.tool(type_)])["tools"]) == 1
    assert managed(settles(world)) == managed(plain)


@pytest.mark.parametrize(("type_", "key"), [each for each in OPTIONS if each[1] != "credential"])
def test_an_option_comes_and_goes(world: World, type_: str, key: str) -> None:
    plain = settles(world, tools=[samples.tool(type_)])
    more = [samples.tool(type_, **samples.OPTIONS[type_, key])]
    assert settles(world, tools=more)["tools"] != plain["tools"]
    assert managed(settles(world, tools=[samples.tool(type_)])) == managed(plain)


def test_all_at_once(world: World) -> None:
    said = {name: samples.FIELDS[name] for name in FIELDS}
    settles(world, **said, tools=[samples.tool(type_) for type_ in TOOLS])


def test_what_nobody_names_stays_as_it_is(world: World) -> None:
    settles(world, verbosity="low", reasoning_summary="auto")
    theirs = {"type": "json_schema", "schema": {"type": "object"}}
    world.by_hand(
        "POST",
        world.path_of(TUTOR),
        {
            "text": {"format": theirs, "verbosity": "low"},
            "reasoning": {"effort": "high", "summary": "auto"},
            "instructions": "Theirs.",
            "experimental": {"time_awareness": True},
        },
    )
    shown = settles(world, verbosity="high", reasoning_summary="concise")
    assert shown["text"] == {"format": theirs, "verbosity": "high"}
    assert shown["reasoning"] == {"effort": "high", "summary": "concise"}
    assert shown["instructions"] == "Theirs."
    assert shown["experimental"] == {"time_awareness": True}


def test_drift_is_seen_and_put_right(world: World) -> None:
    tools = [samples.tool("function")]
    before = settles(world, tools=tools, reasoning_effort="low")
    theirs = [{**before["tools"][0], "async": True}]
    world.by_hand("POST", world.path_of(TUTOR), {"tools": theirs, "reasoning": None})
    (drift,) = world.plan().plan.drift
    assert [item.name for item in drift.fields] == ["tools", "reasoning_effort"]
    assert managed(settles(world, tools=tools, reasoning_effort="low")) == managed(before)


def test_a_new_environment_asks_nothing_of_the_agent(world: World) -> None:
    first, second = (template(world, name) for name in ("first", "second"))
    settles(world, environment={"id": first})
    _, sent = world.recorded(lambda: settles(world, environment={"id": second}))
    assert [request for request in sent if request.writes] == []
    entry = world.state.entries[Address.parse(TUTOR)]
    assert session_of(entry.values, entry.id)["environment"]["environment_template_id"] == second


@pytest.mark.parametrize("written", ["cred_theirs", "vault_theirs/cred_theirs"])
def test_a_credential_goes_without_its_vault(world: World, written: str) -> None:
    shown = settles(world, tools=[samples.tool("mcp", credential={"id": written})])
    assert shown["tools"][0]["credential_id"] == "cred_theirs"


def test_an_assistant_moves_from_target_to_target(world: World) -> None:
    settles(world, instructions="Be brief.")
    world.write({"retinue.yaml": "project: demo\ntarget: responses\n"})
    world.apply()
    assert world.objects("agent") == []
    assert world.id_of(TUTOR) == "tutor@1"
    world.write({"retinue.yaml": "project: demo\ntarget: assistants\n"})
    world.apply()
    assert len(world.objects("assistant")) == 1
    world.write({"retinue.yaml": "project: demo\ntarget: agents\n"})
    world.apply()
    assert (len(world.objects("assistant")), len(world.objects("agent"))) == (0, 1)
    assert world.plan().plan.pending == ()
