"""OpenAI has closed the target `assistants`: known before any key is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shell import Shell

OPENAI = "project: school\nplatform: {api: openai}\n"
TEAM = """\
assistants:
  tutor: {model: some-model, instructions: Teach.}
  poet: {model: some-model, instructions: Rhyme., target: assistants}
  own: {model: some-model, instructions: Sum up., target: responses}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A project on OpenAI itself, without a key."""
    shell = Shell(tmp_path / "school")
    shell.write({"retinue.yaml": OPENAI, "assistants/team.yaml": TEAM})
    return shell


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_it_is_an_error_with_a_place_and_the_ways_out(shell: Shell, command: str) -> None:
    done = shell(command)
    assert done.code == 1
    closed = "is on the target assistants, which OpenAI has closed [RTN-TARGET-CLOSED]"
    assert f"assistants/team.yaml:2:3: error: assistant.tutor {closed}" in done.err
    assert f"assistants/team.yaml:3:59: error: assistant.poet {closed}" in done.err
    assert "assistant.own" not in done.err
    assert "say target: responses or target: agents in retinue.yaml" in done.err
    assert "RTN-PLATFORM-AUTH" not in done.err


def test_a_question_about_a_move_there_is_answered(shell: Shell) -> None:
    shell.write({"retinue.yaml": f"{OPENAI}target: responses\n"})
    done = shell("validate", "--target", "assistants", "--json")
    assert [(each["code"], each["line"]) for each in done.json] == [
        ("RTN-TARGET-CLOSED", line) for line in (2, 3, 4)
    ]


def test_a_variant_that_is_not_in_force_is_in_nobodys_way(shell: Shell) -> None:
    tutor = "{model: some-model, targets: {assistants: {temperature: 0.5}}}"
    shell.write(
        {
            "retinue.yaml": f"{OPENAI}target: responses\n",
            "assistants/team.yaml": f"assistants: {{tutor: {tutor}}}\n",
        }
    )
    assert shell("validate").code == 0


def test_other_servers_have_it(shell: Shell) -> None:
    elsewhere = "platform: {api: openai, base_url: 'https://assistants.example/v1'}"
    shell.write({"retinue.yaml": f"project: school\n{elsewhere}\n"})
    assert shell("validate").code == 0
    shell.write({"retinue.yaml": OPENAI})
    there = Shell(shell.root, {"OPENAI_BASE_URL": "https://assistants.example/v1"})
    assert there("validate").code == 0


def test_no_way_out_leads_there(shell: Shell) -> None:
    shell.write(
        {
            "retinue.yaml": f"{OPENAI}target: agents\n",
            "assistants/team.yaml": "assistants: {tutor: {model: m, temperature: 0.5}}\n",
        }
    )
    done = shell("validate")
    assert "use target responses\n" in done.err


@pytest.mark.parametrize(
    "command",
    [
        ("state", "rebuild"),
        ("import", "vector_store.notes", "vs_1"),
        ("import", "--all"),
        ("destroy", "--auto-approve"),
    ],
    ids=" ".join,
)
def test_what_looks_for_or_removes_objects_goes_on_to_the_platform(
    shell: Shell, command: tuple[str, ...]
) -> None:
    """It ends for want of a key: the manifests are in nobody's way."""
    done = shell(*command)
    assert (done.code, "RTN-TARGET-CLOSED" in done.err) == (7, False)


def test_nor_does_the_state_mind(shell: Shell) -> None:
    assert shell("state", "list").code == 0


def test_errors_hide_no_model_that_is_going(shell: Shell) -> None:
    team = "assistants: {tutor: {model: gpt-4, metadata: {}, nmae: x}}\n"
    shell.write({"retinue.yaml": f"{OPENAI}target: responses\n", "assistants/team.yaml": team})
    for command in (("validate",), ("plan",), ("validate", "--target", "responses")):
        done = shell(*command)
        assert done.code == 1
        assert "RTN-MODEL-RETIRED" in done.err
        assert "1 error, 1 warning" in done.err
    found = {each["severity"] for each in shell("validate", "--json").json}
    assert found == {"error", "warning"}
    assert "::warning " in shell("validate", "--annotations").out


@pytest.mark.parametrize("manifest", ["{}\n", "removed: [{address: assistant.tutor}]\n"])
def test_the_last_assistants_there_may_leave(shell: Shell, manifest: str) -> None:
    shell.write({"assistants/team.yaml": manifest})
    assert shell("validate").code == 0
    assert shell("plan").code == 7  # for want of a key
