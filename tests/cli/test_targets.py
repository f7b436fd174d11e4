"""The example on each target, and from one to the next, through the real command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

NOTHING = "No changes. The platform matches the manifests.\n"
ROUND = ("responses", "agents", "assistants", "agents", "responses", "assistants")


@pytest.fixture
def hand(example: Shell) -> Iterator[Hand]:
    made = Hand(example.root / ".retinue" / "platform.db")
    yield made
    made.close()


def onto(shell: Shell, target: str) -> None:
    """Put the project on a target."""
    text = (shell.root / "retinue.yaml").read_text("utf-8")
    shell.write(
        {"retinue.yaml": re.sub("^target: .*", f"target: {target}", text, flags=re.MULTILINE)}
    )


def test_the_example_goes_round_the_targets_and_leaves_nothing_behind(
    example: Shell, hand: Hand
) -> None:
    example.ok("apply", "--auto-approve")
    stores = [item["id"] for item in hand.objects("vector_stores")]
    for target in ROUND:
        onto(example, target)
        done = example.ok("apply", "--auto-approve")
        assert done.conclusion == "Apply complete! Resources: 1 added, 0 changed, 1 destroyed."
        assert example.process("plan").out == NOTHING
        there = (len(hand.objects("assistants")), len(hand.objects("agents")))
        assert there == (int(target == "assistants"), int(target == "agents"))
    assert [item["id"] for item in hand.objects("vector_stores")] == stores


def test_what_a_move_would_need_is_said_before_it(example: Shell) -> None:
    assert example.ok("validate", "--target", "agents").out == (
        "The manifests are valid on the target agents: 8 resources and 1 function.\n"
    )
    example.write({"assistants/more.yaml": "assistants: {guide: {model: m, top_p: 0.5}}\n"})
    refused = example("validate", "--target", "agents")
    assert refused.code == 1
    assert "assistants/more.yaml:1:39: error: assistant.guide has top_p, which" in refused.err
    assert "leave it out there alone: targets: {agents: {top_p: null}}" in refused.err
    assert example("validate").code == 0


VARIANTS = """\
assistants:
  guide:
    model: m
    top_p: 0.5
    tools: [code_interpreter]
    checks: [{ask: Hello, tool_called: code_interpreter}]
    targets:
      agents:
        description: Guides
        tools: [web_search]
"""


def test_a_variant_is_held_to_its_target_before_a_move_and_checks_to_the_one_in_force(
    example: Shell,
) -> None:
    example.write({"assistants/more.yaml": VARIANTS})
    refused = example("validate")
    assert refused.code == 1
    assert "assistants/more.yaml:4:12: error: assistant.guide has top_p, which" in refused.err
    assert "assistants/more.yaml:9:22: error: assistant.guide has description" in refused.err
    assert "2 errors" in refused.err
    example.edit("assistants/more.yaml", "description: Guides", "top_p: null")
    assert example("validate").code == 0
    moved = example("validate", "--target", "agents")
    assert "assistant.guide has no tool 'code_interpreter'" in moved.err


def test_the_models_of_variants_are_looked_at_too(example: Shell) -> None:
    text = "assistants: {guide: {model: m, targets: {agents: {model: gpt-4}}}}\n"
    example.write({"assistants/more.yaml": text})
    done = example("validate", "--target", "responses")
    assert "assistants/more.yaml:1:58: warning: assistant.guide can't answer" in done.err


def test_an_agent_that_somebody_changed_is_found_and_put_back(example: Shell, hand: Hand) -> None:
    onto(example, "agents")
    example.ok("apply", "--auto-approve")
    agent = example.id_of("assistant.math-tutor")
    hand("POST", f"/agents/{agent}", {"instructions": "Be rude."})
    drifted = example("drift")
    assert drifted.code == 2
    assert "Be rude." in drifted.out
    example.ok("apply", "--auto-approve")
    assert "rude" not in hand.objects("agents")[0]["instructions"]
    assert example.ok("plan").out == NOTHING


def test_requests_are_printed_for_applications_of_any_language(example: Shell) -> None:
    onto(example, "responses")
    example.ok("apply", "--auto-approve")
    every = example.ok("output", "--format", "responses").json
    assert every["math-tutor"]["release"] == 1
    assert every["math-tutor"]["request"]["model"] == "gpt-4o"
    one = example.ok("output", "assistant.math-tutor", "--format", "responses")
    assert one.json == every["math-tutor"]
    assert example.ok("output", "assistant.math-tutor").out == "math-tutor@1\n"
    missing = example("output", "assistant.nobody", "--format", "responses")
    assert (missing.code, "was not applied on the target responses" in missing.err) == (1, True)


def test_a_plan_says_that_a_release_gets_another_number(example: Shell) -> None:
    onto(example, "responses")
    example.ok("apply", "--auto-approve")
    example.edit("assistants/math-tutor.yaml", "name: Math Tutor", "name: The Math Tutor")
    shown = " ".join(example.ok("plan").out.split())
    assert '~ id = "math-tutor@1" -> (known after apply)' in shown
    example.ok("apply", "--auto-approve")
    assert example.ok("output", "assistant.math-tutor").out == "math-tutor@2\n"


def test_that_there_are_no_requests_is_said(example: Shell) -> None:
    example.ok("apply", "--auto-approve")
    none = example.ok("output", "--format", "responses")
    assert none.json == {}
    assert none.err == "note: no assistant was applied on the target responses\n"


def test_a_target_that_does_not_exist_is_refused(example: Shell) -> None:
    refused = example("validate", "--target", "robots")
    assert refused.code == 1
    assert "robots" in refused.err


@pytest.mark.parametrize("target", ["responses", "agents"])
def test_each_stack_may_have_a_target_of_its_own(example: Shell, target: str) -> None:
    text = (example.root / "retinue.yaml").read_text("utf-8")
    stacks = f"stacks: {{one: {{target: {target}}}, two: {{}}}}"
    example.write({"retinue.yaml": f"{text}\n{stacks}\n"})
    types = {}
    for stack in ("one", "two"):
        example.ok("apply", "--auto-approve", "--stack", stack)
        state = json.loads(example.ok("state", "pull", "--stack", stack).out)
        types[stack] = state["resources"]["assistant.math-tutor"]["type"]
    assert types == {"one": f"{target}.assistant", "two": "assistants.assistant"}
