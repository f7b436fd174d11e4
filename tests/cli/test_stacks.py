"""Stacks: several instances of one project, each with its own state, and variables."""

from __future__ import annotations

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

STACKS = """\
project: school
variables: {tone: neutral}
stacks:
  dev: {variables: {tone: playful}}
  prod: {}
"""


@pytest.fixture
def stacks(shell: Shell) -> Shell:
    shell.write({"retinue.yaml": STACKS})
    shell.write({"assistants/prompts/tutor.md": "You are a ${var:tone} tutor.\n"})
    return shell


def prompts(hand: Hand) -> list[str]:
    return sorted(item["instructions"] for item in hand.objects("assistants"))


def test_each_has_its_own_objects_and_state(stacks: Shell, hand: Hand) -> None:
    stacks.ok("apply", "--stack", "dev", "--auto-approve")
    assert stacks.ok("state", "list", "--stack", "prod").out == ""
    stacks.ok("apply", "--stack", "prod", "--auto-approve")
    assert prompts(hand) == ["You are a neutral tutor.", "You are a playful tutor."]
    stacks.ok("destroy", "--stack", "dev", "--auto-approve")
    assert prompts(hand) == ["You are a neutral tutor."]
    assert stacks("plan", "--stack", "prod", "--detailed-exitcode").code == 0


def test_one_has_to_be_chosen(stacks: Shell) -> None:
    done = stacks("plan")
    assert done.code == 1
    assert "choose one with --stack or RETINUE_STACK" in done.err


def test_the_environment_may_choose(stacks: Shell) -> None:
    Shell(stacks.root, {"RETINUE_STACK": "dev"}).ok("plan")


def test_a_default_may_choose(stacks: Shell) -> None:
    stacks.write({"retinue.yaml": f"{STACKS}default_stack: prod\n"})
    stacks.ok("plan")


def test_an_unknown_one_is_an_error_with_a_suggestion(stacks: Shell) -> None:
    done = stacks("plan", "--stack", "prd")
    assert done.code == 1
    assert "did you mean 'prod'?" in done.err


def test_a_variable_may_be_set_for_one_run(stacks: Shell) -> None:
    planned = stacks.ok("plan", "--stack", "dev", "--var", "tone=stern")
    assert "You are a stern tutor." in planned.out


def test_an_undeclared_variable_is_an_error_with_a_suggestion(stacks: Shell) -> None:
    done = stacks("plan", "--stack", "dev", "--var", "tne=stern")
    assert done.code == 1
    assert "did you mean 'tone'?" in done.err


def test_a_variable_without_a_value_is_an_error(stacks: Shell) -> None:
    assert "write --var name=value" in stacks("plan", "--var", "tone").err
