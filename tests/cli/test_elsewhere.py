"""A project that is pointed at another platform than the one its objects are on."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import ALL, KEY
from tests.cli.hand import Hand
from tests.cli.shell import Shell


@pytest.fixture
def moved(applied: Shell, server: str) -> Shell:
    """Applied on the embedded platform, now with the address of a server."""
    platform = f"{{api: openai, base_url: {server}}}"
    applied.write({"retinue.yaml": f"project: school\nplatform: {platform}\n"})
    return Shell(applied.root, {"OPENAI_API_KEY": KEY})


def home(shell: Shell) -> str:
    return str(json.loads(shell.ok("state", "pull").out)["platform"])


def test_plan_shows_it_and_apply_refuses(moved: Shell, hand: Hand) -> None:
    preview = moved.ok("plan")
    assert "UNSAFE" in preview.out
    assert "RTN-REFUSED-PLATFORM" in preview.out
    refused = moved("apply", "--auto-approve")
    assert refused.code == 4
    assert "the state's objects are on the embedded platform" in refused.err
    assert home(moved) == "the embedded platform"
    assert len(hand.objects("assistants")) == 1


def test_a_plan_file_is_no_way_round(moved: Shell) -> None:
    moved.ok("plan", "--out", "team.plan")
    refused = moved("apply", "team.plan")
    assert refused.code == 4
    assert "the state's objects are on the embedded platform" in refused.err


@pytest.mark.parametrize("command", [["import", "--all"], ["state", "rebuild"]])
def test_neither_is_recording_what_lives_there(moved: Shell, command: list[str]) -> None:
    """One state can't name the objects of two platforms: the old ones would count as deleted."""
    before = moved.ok("state", "pull").out
    assert moved(*command).code == 4
    assert moved.ok("state", "pull").out == before


def test_drift_does_not_call_everything_deleted(moved: Shell) -> None:
    done = moved("drift")
    assert done.code == 1
    assert "the state's objects are on the embedded platform" in done.err


def test_the_same_platform_under_another_address_leaves_nothing_behind(
    applied: Shell,
) -> None:
    state = json.loads(applied.ok("state", "pull").out) | {"platform": "http://old.example/v1"}
    applied.write({"pulled.json": json.dumps(state)})
    applied.ok("state", "push", "pulled.json", "--force")
    assert "these objects stay" not in applied.ok("plan").out
    assert applied.ok("apply").conclusion.startswith("No changes.")


def test_destroy_forgets_nothing(moved: Shell) -> None:
    assert moved("destroy", "--auto-approve").code == 4
    assert moved.ok("state", "list").out.splitlines() == ALL


def test_force_moves_and_is_remembered(moved: Shell, server: str) -> None:
    left = [moved.id_of(address) for address in ALL]
    done = moved.ok("apply", "--auto-approve", "--force")
    assert "these objects stay on the embedded platform" in done.out
    assert [object_id for object_id in left if object_id not in done.out] == []
    assert "these objects stay" not in moved.ok("plan").out
    assert home(moved) == server
    assert moved.ok("plan", "--detailed-exitcode").conclusion.startswith("No changes.")
    moved.ok("destroy", "--auto-approve")


@pytest.mark.parametrize("command", [["import", "--all"], ["state", "rebuild"]])
def test_a_platform_that_has_nothing_of_what_platforms_have_is_none(
    shell: Shell, server: str, command: list[str]
) -> None:
    """To call that "0 objects" would be to lie: nobody has looked where they are."""
    platform = f"{{api: openai, base_url: {server.removesuffix('/v1')}}}"
    shell.write({"retinue.yaml": f"project: school\nplatform: {platform}\n"})
    done = Shell(shell.root, {"OPENAI_API_KEY": KEY})(*command)
    assert done.code == 1
    assert "check base_url: it usually ends in /v1" in done.err
