"""What an application gets of an applied assistant, on each target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.world import World, a_world

import retinue
from retinue.errors import UsageError
from retinue.operations.calls import releases


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made


def team(**more: Any) -> dict[str, Any]:
    return {
        "assistants": {"tutor": {"model": "some-model", "instructions": "Be kind.", **more}},
        "vector_stores": {"notes": {}},
    }


def applied(world: World, **more: Any) -> None:
    world.declare(team(**more))
    assert world.apply().outcome is not None


def loaded(world: World, **more: Any) -> dict[str, Any]:
    return retinue.load("tutor", project=world.root, **more)


def test_a_release_is_the_whole_request(world: World) -> None:
    tools = [{"type": "file_search", "vector_store": "notes"}]
    applied(world, target="responses", tools=tools, temperature=0.5, description="Kind")
    assert loaded(world) == {
        "model": "some-model",
        "instructions": "Be kind.",
        "tools": [{"type": "file_search", "vector_store_ids": [world.id_of("vector_store.notes")]}],
        "temperature": 0.5,
    }


def test_releases_are_numbered_and_have_digests(world: World) -> None:
    applied(world, target="responses")
    first = releases(world.state)["tutor"]
    applied(world, target="responses", temperature=0.5)
    second = releases(world.state)["tutor"]
    applied(world, target="responses")
    third = releases(world.state)["tutor"]
    assert [each["release"] for each in (first, second, third)] == [1, 2, 3]
    assert first["digest"] == third["digest"] != second["digest"]
    assert second["request"]["temperature"] == 0.5


def test_an_agent_is_the_beginning_of_a_session(world: World) -> None:
    world.declare(
        {
            **team(target="agents", environment="bench", vaults=["tools"]),
            "environments": {"bench": {}},
            "vaults": {"tools": {}},
        }
    )
    world.apply()
    assert loaded(world) == {
        "agent_id": world.id_of("assistant.tutor"),
        "environment": {
            "type": "openai_hosted",
            "environment_template_id": world.id_of("environment.bench"),
        },
        "vault_ids": [world.id_of("vault.tools")],
    }


def test_an_assistant_is_its_id(world: World) -> None:
    applied(world)
    assert loaded(world) == {"assistant_id": world.id_of("assistant.tutor")}


def test_an_address_is_as_good_as_a_name(world: World, tmp_path: Path) -> None:
    applied(world, target="responses")
    file = tmp_path / "requests.json"
    file.write_text(json.dumps(releases(world.state)))
    assert loaded(world) == retinue.load("assistant.tutor", project=world.root)
    assert loaded(world) == retinue.load("assistant.tutor", file=file)


@pytest.mark.parametrize("name", ["tuter", "assistant.tuter"])
def test_what_is_not_there_is_answered_with_what_is(world: World, name: str) -> None:
    applied(world)
    with pytest.raises(UsageError, match="there is no applied assistant 'tuter'") as caught:
        retinue.load(name, project=world.root)
    assert caught.value.hint == "did you mean 'tutor'?"
    with pytest.raises(UsageError) as caught:
        retinue.load("assistant.zzz", project=world.root)
    assert caught.value.hint == "there are: tutor"


def test_a_file_stands_for_the_state(world: World, tmp_path: Path) -> None:
    applied(world, target="responses")
    file = tmp_path / "requests.json"
    file.write_text(json.dumps(releases(world.state)))
    assert retinue.load("tutor", file=file) == loaded(world)


def test_a_file_holds_releases_alone_and_says_so(world: World, tmp_path: Path) -> None:
    world.declare(
        {
            "assistants": {
                "tutor": {"model": "some-model", "target": "agents"},
                "writer": {"model": "some-model", "target": "responses"},
            }
        }
    )
    world.apply()
    file = tmp_path / "requests.json"
    file.write_text(json.dumps(releases(world.state)))
    with pytest.raises(UsageError, match=r"requests\.json holds no assistant 'tutor'") as caught:
        retinue.load("tutor", file=file)
    (hint,) = caught.value.__notes__
    assert "there are: writer" in hint
    assert "of the target responses alone" in hint
    assert "without file=" in hint
    with pytest.raises(UsageError) as caught:
        retinue.load("writr", file=file)
    assert caught.value.__notes__ == ["hint: did you mean 'writer'?"]


def test_what_is_changed_is_a_copy(world: World) -> None:
    applied(world, target="responses", metadata={"team": "maths"})
    loaded(world)["metadata"]["team"] = "art"
    assert loaded(world)["metadata"] == {"team": "maths"}


def test_an_unknown_name_is_told_with_what_there_is(world: World) -> None:
    applied(world)
    with pytest.raises(UsageError, match="no applied assistant 'tutr'") as caught:
        retinue.load("tutr", project=world.root)
    assert caught.value.__notes__ == ["hint: did you mean 'tutor'?"]


@pytest.mark.parametrize("content", ["", "[]", "3", '{"tutor": {}}', '{"tutor": 1}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "requests.json"
    file.write_text(content)
    with pytest.raises(UsageError, match="is not what `retinue output --format responses` writes"):
        retinue.load("tutor", file=file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        retinue.load("tutor", file=tmp_path / "none.json")
