"""What agents work with, through the commands: a lost state, plans on other machines, secrets."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

SKILL = "---\nname: latex\ndescription: Sets formulas.\n---\nUse amsmath.\n"
MANIFEST = """\
assistants:
  tutor: {target: agents, model: some-model, environment: bench, vaults: [tools]}
environments:
  bench: {skills: [latex], variables: {KEY: "${env:KEY}"}, setup_commands: [make]}
vaults: {tools: {}}
credentials:
  door:
    vault: tools
    type: static_bearer
    mcp_server_url: https://mcp.example/mcp
    token: ${env:TOKEN}
skills: {latex: {path: skills/latex}}
automations:
  nightly:
    assistant: tutor
    schedule: {cron: "0 6 * * *", timezone: UTC}
    prompt: Set a quiz.
    environment: bench
"""
FILES = {
    "retinue.yaml": "project: school\n",
    "assistants/team.yaml": MANIFEST,
    "assistants/skills/latex/SKILL.md": SKILL,
}
SECRETS = {"KEY": "first-key", "TOKEN": "first-token"}
TEMPLATES = "/agents/environments/templates"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "school", SECRETS)
    shell.write(FILES)
    return shell


@pytest.fixture
def hand(shell: Shell) -> Iterator[Hand]:
    with contextlib.closing(Hand(shell.root / ".retinue" / "platform.db")) as hand:
        yield hand


def lose_state(shell: Shell) -> None:
    shutil.rmtree(shell.root / ".retinue/state")


def changed(shell: Shell) -> dict[str, list[str]]:
    """Address to what a plan would change there."""
    changes = shell.ok("plan", "--json").json["resource_changes"]
    return {each["address"]: each["changed"] for each in changes if each["action"] != "no-op"}


# --- A lost state ------------------------------------------------------------------------------


def test_a_lost_state_is_rebuilt_by_markers_and_by_looks(shell: Shell) -> None:
    shell.ok("apply", "--auto-approve")
    before = shell.ok("output", "--json").json
    lose_state(shell)
    rebuilt = shell.ok("state", "rebuild")
    assert "Recorded 6 objects" in rebuilt.out
    assert shell.ok("output", "--json").json == before
    # What the platform never shows is written again: it may have been another one.
    assert changed(shell) == {
        "credential.door": ["token"],
        "environment.bench": ["variables", "setup_commands"],
        "skill.latex": ["content"],
    }
    shell.ok("apply", "--auto-approve")
    assert shell("plan", "--detailed-exitcode").code == 0
    assert shell.ok("output", "--json").json == before


ALONE = """\
environments: {bench: {setup_commands: [make]}}
skills: {latex: {path: skills/latex}}
"""


def test_what_looks_alike_twice_is_left_alone(shell: Shell, hand: Hand) -> None:
    shell.write({"assistants/team.yaml": ALONE})
    shell.ok("apply", "--auto-approve")
    hand("POST", TEMPLATES, {"name": "bench"})
    lose_state(shell)
    rebuilt = shell.ok("state", "rebuild")
    assert "Recorded 1 object" in rebuilt.out
    assert "environment.bench" not in shell.ok("state", "list").out


def test_of_two_that_look_alike_ours_is_the_one_that_ours_use(shell: Shell, hand: Hand) -> None:
    shell.ok("apply", "--auto-approve")
    before = shell.ok("output", "--json").json
    hand("POST", TEMPLATES, {"name": "bench"})
    lose_state(shell)
    shell.ok("apply", "--auto-approve")
    assert shell.ok("output", "--json").json == before
    assert shell("plan", "--detailed-exitcode").code == 0


def test_what_only_looks_alike_is_named_and_made_anew(shell: Shell, hand: Hand) -> None:
    shell.write({"assistants/team.yaml": ALONE})
    shell.ok("apply", "--auto-approve")
    (template,) = hand.objects("agents/environments/templates")
    (skill,) = hand.objects("skills")
    lose_state(shell)
    planned = shell.ok("plan")
    assert f"retinue import environment.bench {template['id']}" in planned.out
    assert f"retinue import skill.latex {skill['id']}" in planned.out
    shell.ok("apply", "--auto-approve")
    assert len(hand.objects("agents/environments/templates")) == 2
    assert shell("plan", "--detailed-exitcode").code == 0


# --- Plans with secrets ------------------------------------------------------------------------


def test_a_plan_has_the_same_digest_on_two_machines(shell: Shell) -> None:
    shell.ok("apply", "--auto-approve")
    elsewhere = Shell(shell.root.parent / "elsewhere", {**SECRETS, "TOKEN": "second-token"})
    shutil.copytree(shell.root, elsewhere.root)
    here = replace(shell, environ=elsewhere.environ)
    digest = here.ok("plan", "--json").json["digest"]
    assert elsewhere.ok("plan", "--json").json["digest"] == digest
    other = replace(elsewhere, environ={**SECRETS, "TOKEN": "third-token"})
    assert other.ok("plan", "--json").json["digest"] != digest


def test_a_plan_that_was_approved_is_applied_with_its_secrets_alone(shell: Shell) -> None:
    digest = shell.ok("plan", "--json").json["digest"]
    rotated = replace(shell, environ={**SECRETS, "TOKEN": "second-token"})
    assert rotated("apply", "--approved", digest).code == 5
    assert shell("apply", "--approved", digest).code == 0


@pytest.mark.parametrize("after", [{"TOKEN": "second-token"}, {"TOKEN": ""}])
def test_a_saved_plan_is_stale_before_anything_is_changed(
    shell: Shell, hand: Hand, after: dict[str, str]
) -> None:
    """Also where what comes first has nothing to do with the secret."""
    shell.ok("plan", "--out", "first.plan")
    rotated = replace(shell, environ={**SECRETS, **after})
    refused = rotated("apply", "first.plan")
    assert refused.code == (5 if after["TOKEN"] else 1), refused.err
    assert "Error: credential.door: the" in refused.err
    families = ("skills", "vaults", "agents", "agents/environments/templates")
    assert [hand.objects(family) for family in families] == [[], [], [], []]
    assert shell("apply", "first.plan").code == 0


def test_a_saved_plan_of_a_rotation(shell: Shell) -> None:
    shell.ok("apply", "--auto-approve")
    rotated = replace(shell, environ={**SECRETS, "TOKEN": "second-token"})
    rotated.ok("plan", "--out", "second.plan")
    plan = json.loads((shell.root / "second.plan").read_text())
    (change,) = [each for each in plan["resource_changes"] if each["action"] != "no-op"]
    assert change["change"]["before_sensitive"] == {"token": True}
    assert change["change"]["after_sensitive"] == {"token": True}
    assert shell("apply", "second.plan").code == 5
    rotated.ok("apply", "second.plan")
    assert rotated("plan", "--detailed-exitcode").code == 0
    assert shell("plan", "--detailed-exitcode").code == 2


def test_a_saved_plan_after_a_lost_state(shell: Shell) -> None:
    """The agent is adopted, and what it works in is made anew: its ID is not known yet."""
    shell.ok("apply", "--auto-approve")
    lose_state(shell)
    shell.ok("plan", "--out", "anew.plan")
    shell.ok("apply", "anew.plan")
    assert shell("plan", "--detailed-exitcode").code == 0
