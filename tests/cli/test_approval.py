"""Who may say yes, and to what: grades, plan files, approved digests."""

from __future__ import annotations

import json

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

ANOTHER_MODEL = ("assistants/team.yaml", "gpt-4o", "gpt-4.1")


def digest_of(shell: Shell) -> str:
    return str(shell.ok("plan", "--json").json["digest"])


class TestGrades:
    def test_without_a_terminal_apply_shows_the_plan_and_refuses(self, shell: Shell) -> None:
        done = shell("apply")
        assert done.code == 4
        assert done.conclusion == "Plan: 4 to add, 0 to change, 0 to destroy."
        assert "not approved: create" in done.err
        assert "--auto-approve=create" in done.err

    def test_create_alone_does_not_update(self, applied: Shell) -> None:
        applied.edit(*ANOTHER_MODEL)
        assert applied("apply", "--auto-approve=create").code == 4
        applied.ok("apply", "--auto-approve=create,update")

    def test_update_alone_does_not_delete(self, applied: Shell) -> None:
        applied.edit("assistants/team.yaml", "notes/*.md", "*.txt")
        refused = applied("apply", "--auto-approve=create,update")
        assert refused.code == 4
        assert "not approved: delete" in refused.err
        applied.ok("apply", "--auto-approve=create,update,delete")

    def test_a_word_that_is_none_of_the_three_is_an_error(self, shell: Shell) -> None:
        done = shell("apply", "--auto-approve=creat")
        assert done.code == 1
        assert "use any of create, update, delete" in done.err

    def test_nothing_to_do_needs_no_approval(self, applied: Shell) -> None:
        assert applied("apply").code == 0

    def test_destroy_has_no_grades_and_does_not_offer_them(self, applied: Shell) -> None:
        done = applied("destroy")
        assert done.code == 4
        assert "--auto-approve=" not in done.err


class TestRefusals:
    @pytest.fixture
    def unsafe(self, shell: Shell) -> Shell:
        """A project whose next apply would delete a protected assistant, and nearly all else."""
        limits = "safety: {min_existing: 1, max_delete_percent: 10}\n"
        shell.write({"retinue.yaml": f"project: school\n{limits}"})
        shell.edit("assistants/team.yaml", "    name: Tutor\n", "    lifecycle: {protect: true}\n")
        shell.ok("apply", "--auto-approve")
        shell.write({"assistants/team.yaml": "files: {syllabus: {path: data/syllabus.txt}}\n"})
        return shell

    def test_every_reason_is_told_with_its_own_code_and_hint(self, unsafe: Shell) -> None:
        done = unsafe("apply", "--auto-approve")
        assert done.code == 4
        first, second = done.err.split("Error: ")[1:]
        assert first.startswith("protected: assistant.tutor\n  hint: apply the manifest with")
        assert first.rstrip().endswith("[RTN-REFUSED-PROTECTED]")
        assert "would delete 3 of 4 resources" in second
        assert "safety.max_delete_percent in retinue.yaml" in second
        assert second.rstrip().endswith("[RTN-REFUSED-DELETE-SHARE]")

    def test_one_reason_has_its_code_as_well(self, unsafe: Shell) -> None:
        done = unsafe("apply", "--auto-approve", "--force")
        assert done.err.count("Error: ") == 1
        assert "[RTN-REFUSED-PROTECTED]" in done.err
        assert "[RTN-REFUSED]" not in done.err

    def test_the_events_end_with_the_reasons(self, unsafe: Shell) -> None:
        done = unsafe("apply", "--auto-approve", "--json")
        assert done.code == 4
        last = [event["diagnostic"] for event in done.events[-2:]]
        assert [each["code"] for each in last] == [
            "RTN-REFUSED-PROTECTED",
            "RTN-REFUSED-DELETE-SHARE",
        ]
        assert all(each["detail"] for each in last)


class TestPlanFile:
    def test_is_applied_as_it_was_saved(self, shell: Shell) -> None:
        saved = shell.ok("plan", "--out", "team.plan")
        assert "retinue apply team.plan" in saved.err
        assert shell.ok("apply", "team.plan").conclusion.startswith("Apply complete! Resources: 4")

    def test_is_not_shown_again(self, shell: Shell) -> None:
        """Whoever approved the file has seen what is in it."""
        shell.ok("plan", "--out", "team.plan")
        digest = json.loads((shell.root / "team.plan").read_text("utf-8"))["digest"]
        out = shell.ok("apply", "team.plan").out
        assert out.startswith(
            f"Saved plan {digest[:12]}: 4 to add, 0 to change, 0 to destroy.\nApply complete!"
        )

    def test_is_shown_again_where_that_is_asked_for(self, shell: Shell) -> None:
        shown = shell.ok("plan", "--full-text", "--out", "team.plan").out
        assert shell.ok("apply", "--full-text", "team.plan").out.startswith(shown)

    def test_that_is_unsafe_says_why(self, applied: Shell) -> None:
        applied.write({"assistants/team.yaml": "assistants: {}\n"})
        applied.edit("retinue.yaml", "school", "school\nsafety: {min_existing: 1}")
        applied.ok("plan", "--out", "team.plan")
        done = applied("apply", "team.plan")
        assert done.code == 4
        assert "UNSAFE" in done.out

    def test_is_used_up_afterwards(self, shell: Shell) -> None:
        shell.ok("plan", "--out", "team.plan")
        shell.ok("apply", "team.plan")
        again = shell("apply", "team.plan")
        assert again.code == 5
        assert "applied already" in again.err

    def test_is_stale_once_what_it_touches_has_moved(self, applied: Shell, hand: Hand) -> None:
        applied.edit(*ANOTHER_MODEL)
        applied.ok("plan", "--out", "team.plan")
        path = f"/assistants/{applied.id_of('assistant.tutor')}"
        hand("POST", path, {"model": "o3-mini"})
        done = applied("apply", "team.plan")
        assert done.code == 5
        assert "assistant.tutor" in done.err
        assert hand("GET", path)["model"] == "o3-mini"

    def test_still_applies_when_something_else_has_moved(self, applied: Shell, hand: Hand) -> None:
        applied.edit(*ANOTHER_MODEL)
        applied.ok("plan", "--out", "team.plan")
        store = applied.id_of("vector_store.notes")
        hand("POST", f"/vector_stores/{store}", {"name": "renamed"})
        applied.ok("apply", "team.plan")

    def test_is_stale_when_a_file_to_upload_has_changed(self, shell: Shell) -> None:
        shell.ok("plan", "--out", "team.plan")
        shell.write({"assistants/data/syllabus.txt": "Something else.\n"})
        done = shell("apply", "team.plan")
        assert done.code in (3, 5)
        assert "syllabus.txt changed after the plan was made" in done.err + done.out

    def test_that_was_edited_is_refused(self, shell: Shell) -> None:
        shell.ok("plan", "--out", "team.plan")
        shell.edit("team.plan", "gpt-4o", "gpt-4.1")
        done = shell("apply", "team.plan")
        assert done.code == 1
        assert "RTN-STATE-CORRUPT" in done.err

    def test_of_another_stack_is_refused(self, shell: Shell) -> None:
        project = shell.root / "retinue.yaml"
        text = project.read_text(encoding="utf-8")
        project.write_text(f"{text}\nstacks: {{default: {{}}, other: {{}}}}\n", encoding="utf-8")
        shell.ok("plan", "--stack", "default", "--out", "team.plan")
        done = shell("apply", "--stack", "other", "team.plan")
        assert done.code == 1
        assert "RTN-STATE-FOREIGN" in done.err

    def test_that_does_not_exist_is_an_error(self, shell: Shell) -> None:
        done = shell("apply", "nowhere.plan")
        assert done.code == 1
        assert "there is no such plan file" in done.err
        assert "RTN-USAGE" in done.err
        assert "retinue plan --out FILE" in done.err

    @pytest.mark.parametrize("content", ["junk", "{}", '{"format_version": "1.0"}'])
    def test_that_is_none_is_an_error_with_a_way_out(self, shell: Shell, content: str) -> None:
        shell.write({"junk.plan": content})
        done = shell("apply", "junk.plan")
        assert done.code == 1
        assert "not a plan file" in done.err
        assert "RTN-STATE-CORRUPT" in done.err
        assert "retinue plan --out FILE" in done.err

    def test_is_found_behind_auto_approve(self, shell: Shell) -> None:
        """The option takes an optional value, and must not mistake the file for one."""
        shell.ok("plan", "--out", "team.plan")
        shell.ok("apply", "--auto-approve", "team.plan")

    def test_is_applied_whole(self, shell: Shell) -> None:
        shell.ok("plan", "--out", "team.plan")
        assert shell("apply", "team.plan", "--target", "file.*").code == 1

    def test_is_relative_to_the_folder_of_chdir(self, shell: Shell) -> None:
        outside = Shell(shell.root.parent)
        outside.ok("plan", "-C", "school", "--out", "team.plan")
        assert (shell.root / "team.plan").exists()
        outside.ok("apply", "-C", "school", "team.plan")


class TestApproved:
    def test_the_digest_of_the_plan_lets_it_pass(self, shell: Shell) -> None:
        shell.ok("apply", "--approved", digest_of(shell))

    def test_twelve_digits_are_enough(self, shell: Shell) -> None:
        shell.ok("apply", "--approved", digest_of(shell)[:12])

    def test_another_plan_is_refused_and_shown(self, shell: Shell) -> None:
        digest = digest_of(shell)
        shell.edit(*ANOTHER_MODEL)
        done = shell("apply", "--approved", digest)
        assert done.code == 5
        assert digest[:12] in done.err
        assert "gpt-4.1" in done.out
        assert shell.ok("state", "list").out == ""

    def test_the_file_of_the_plan_shows_the_difference(self, shell: Shell) -> None:
        shell.ok("plan", "--out", "seen.plan")
        shell.edit(*ANOTHER_MODEL)
        done = shell("apply", "--approved", "seen.plan")
        assert done.code == 5
        lines = [line.split() for line in done.err.splitlines()]
        assert ["-", "+", "model", "=", '"gpt-4o"'] in lines
        assert ["+", "+", "model", "=", '"gpt-4.1"'] in lines

    def test_the_file_of_the_plan_lets_the_same_plan_pass(self, shell: Shell) -> None:
        shell.ok("plan", "--out", "seen.plan")
        shell.ok("apply", "--approved", "seen.plan")

    def test_with_nothing_left_to_do_any_digest_is_fine(self, applied: Shell) -> None:
        """A pipeline that is run again after its apply succeeds."""
        applied.ok("apply", "--approved", "0" * 64)

    @pytest.mark.parametrize("text", ["abc", "nowhere.plan"])
    def test_neither_digest_nor_file_is_an_error(self, shell: Shell, text: str) -> None:
        assert shell("apply", "--approved", text).code == 1


class TestSafety:
    def test_a_protected_assistant_is_not_destroyed(self, shell: Shell, hand: Hand) -> None:
        shell.edit("assistants/team.yaml", "    name:", "    lifecycle: {protect: true}\n    name:")
        shell.ok("apply", "--auto-approve")
        preview = shell.ok("plan", "--destroy")
        assert "UNSAFE" in preview.out
        refused = shell("destroy", "--auto-approve")
        assert refused.code == 4
        assert "protected: assistant.tutor" in refused.err
        assert len(hand.objects("assistants")) == 1

    def test_too_large_a_share_of_deletions_needs_force(self, shell: Shell, hand: Hand) -> None:
        names = [f"tutor-{number}" for number in range(12)]
        every = {"assistants": {name: {"model": "gpt-4o"} for name in names}}
        few = {"assistants": {name: {"model": "gpt-4o"} for name in names[:6]}}
        shell.write({"assistants/team.yaml": json.dumps(every)})
        shell.ok("apply", "--auto-approve")
        shell.write({"assistants/team.yaml": json.dumps(few)})
        assert "UNSAFE" in shell.ok("plan").out
        assert shell("apply", "--auto-approve").code == 4
        assert len(hand.objects("assistants")) == 12
        shell.ok("apply", "--auto-approve", "--force")
        assert len(hand.objects("assistants")) == 6
