"""From nothing to live, to changed, to nothing: what every user does."""

from __future__ import annotations

import pytest
from tests.cli.conftest import ALL, FILES, KEY
from tests.cli.hand import Hand
from tests.cli.shell import Shell

NOTHING = "No changes. The platform matches the manifests."


def test_the_example_is_valid_planned_applied_and_then_has_nothing_left_to_do(
    example: Shell,
) -> None:
    """Each step in a process of its own, as a newcomer runs them."""
    valid = "The manifests are valid: 8 resources and 1 function.\n"
    assert example.process("validate").out == valid
    planned = example.process("plan")
    assert (planned.code, planned.conclusion, planned.err) == (
        0,
        "Plan: 8 to add, 0 to change, 0 to destroy.",
        "",
    )
    applied = example.process("apply", "--auto-approve")
    assert applied.code == 0
    assert applied.conclusion == "Apply complete! Resources: 8 added, 0 changed, 0 destroyed."
    assert example.process("plan").out == f"{NOTHING}\n"


def test_an_edited_prompt_is_one_change_shown_as_a_hunk(applied: Shell, hand: Hand) -> None:
    applied.edit("assistants/prompts/tutor.md", "patient", "kind")
    planned = applied.ok("plan")
    assert planned.conclusion == "Plan: 0 to add, 1 to change, 0 to destroy."
    assert "- Be patient." in planned.out
    assert "+ Be kind." in planned.out
    applied.ok("apply", "--auto-approve")
    assert "Be kind." in hand.objects("assistants")[0]["instructions"]
    assert applied.ok("plan").out == f"{NOTHING}\n"


def test_an_edited_file_is_swapped_and_the_old_one_leaves_the_platform(
    applied: Shell, hand: Hand
) -> None:
    before = applied.id_of("file.syllabus")
    applied.write({"assistants/data/syllabus.txt": "Calculus, then algebra.\n"})
    applied.ok("apply", "--auto-approve")
    after = applied.id_of("file.syllabus")
    assert before != after
    assert before not in {item["id"] for item in hand.objects("files")}
    store = applied.id_of("vector_store.notes")
    attached = {item["id"] for item in hand.objects(f"vector_stores/{store}/files")}
    assert attached == {after, applied.id_of("file.assistants/data/notes/limits.md")}
    assert applied.ok("plan").out == f"{NOTHING}\n"


def test_destroy_deletes_what_the_state_knows_and_nothing_else(applied: Shell, hand: Hand) -> None:
    other = hand("POST", "/assistants", {"model": "gpt-4o", "name": "somebody else's"})
    done = applied.ok("destroy", "--auto-approve")
    assert done.conclusion.endswith("Resources: 0 added, 0 changed, 4 destroyed.")
    assert [item["id"] for item in hand.objects("assistants")] == [other["id"]]
    assert (hand.objects("files"), hand.objects("vector_stores")) == ([], [])
    assert applied.ok("state", "list").out == ""


def test_destroying_nothing_says_so(shell: Shell) -> None:
    assert shell.ok("destroy", "--auto-approve").out == "Nothing to destroy: the state is empty.\n"


def test_destroy_needs_no_manifests(applied: Shell) -> None:
    applied.write({"assistants/team.yaml": "assistants: [broken\n"})
    applied.ok("destroy", "--auto-approve")


def test_plan_changes_nothing(shell: Shell, hand: Hand) -> None:
    shell.ok("plan")
    assert hand.objects("assistants") == []
    assert not (shell.root / ".retinue" / "state").exists()


def test_the_graph_shows_functions_as_well(example: Shell) -> None:
    drawn = example.ok("graph").out
    assert drawn.startswith("flowchart")
    assert '"function.display-quiz"' in drawn
    assert example.ok("graph", "--format", "dot").out.startswith("digraph retinue {")


class TestOverHttp:
    """Against a server elsewhere: a real process, real sockets, a key."""

    @pytest.fixture
    def remote(self, shell: Shell, server: str) -> Shell:
        platform = f"{{api: openai, base_url: {server}}}"
        shell.write({"retinue.yaml": f"project: http\nplatform: {platform}\n"})
        return shell

    def test_the_whole_cycle(self, remote: Shell) -> None:
        remote.write({".env": f"OPENAI_API_KEY={KEY}\n"})
        applied = remote.process("apply", "--auto-approve")
        assert applied.conclusion == "Apply complete! Resources: 4 added, 0 changed, 0 destroyed."
        assert remote.process("plan", "--detailed-exitcode").code == 0
        remote.edit("assistants/team.yaml", "gpt-4o", "gpt-4.1")
        assert remote.ok("plan").conclusion == "Plan: 0 to add, 1 to change, 0 to destroy."
        remote.ok("apply", "--auto-approve=update")
        assert remote.ok("drift").out.startswith("No drift.")
        remote.ok("destroy", "--auto-approve")

    def test_without_a_key_nothing_is_sent(self, remote: Shell) -> None:
        done = remote("plan")
        assert done.code == 7
        assert "OPENAI_API_KEY is not set" in done.err

    def test_with_a_wrong_key_the_platform_refuses(self, remote: Shell) -> None:
        done = Shell(remote.root, {"OPENAI_API_KEY": "another"})("apply", "--auto-approve")
        assert done.code == 7
        assert "401" in done.err
        assert "another" not in done.err + done.out

    def test_the_base_url_may_come_from_the_environment(self, shell: Shell, server: str) -> None:
        shell.write(FILES | {"retinue.yaml": "project: env\nplatform: {api: openai}\n"})
        there = Shell(shell.root, {"OPENAI_BASE_URL": server, "OPENAI_API_KEY": KEY})
        assert there.ok("plan").conclusion == "Plan: 4 to add, 0 to change, 0 to destroy."


def test_what_was_applied_is_listed_by_address(applied: Shell) -> None:
    assert applied.ok("state", "list").out.splitlines() == ALL
