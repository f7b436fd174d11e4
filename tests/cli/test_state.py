"""Looking at the state, and mending it."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.cli.conftest import ALL
from tests.cli.hand import Hand
from tests.cli.shell import Shell

EMPTY = "No changes. The platform matches the manifests.\n"


class TestLooking:
    def test_list_prints_one_address_a_line(self, applied: Shell) -> None:
        assert applied.ok("state", "list").out.splitlines() == ALL

    def test_list_takes_patterns(self, applied: Shell) -> None:
        assert applied.ok("state", "list", "file.*").out.splitlines() == ALL[1:3]

    def test_a_pattern_that_fits_nothing_is_an_error_with_a_suggestion(
        self, applied: Shell
    ) -> None:
        done = applied("state", "list", "assistant.tutr")
        assert done.code == 1
        assert "did you mean assistant.tutor?" in done.err

    def test_show_prints_one_resource(self, applied: Shell) -> None:
        shown = applied.ok("state", "show", "assistant.tutor").json
        assert shown["id"].startswith("asst_")
        assert shown["values"]["model"] == "gpt-4o"
        assert shown["depends_on"] == ["file.syllabus", "vector_store.notes"]

    def test_show_of_something_else_is_an_error(self, applied: Shell) -> None:
        assert applied("state", "show", "assistant.nobody").code == 1
        assert "is not an address" in applied("state", "show", "tutor").err

    def test_it_holds_no_key(self, applied: Shell) -> None:
        keyed = Shell(applied.root, {"OPENAI_API_KEY": "sk-secret"})
        assert "sk-secret" not in keyed.ok("state", "pull").out


class TestMove:
    def test_renames_and_keeps_the_object(self, applied: Shell) -> None:
        before = applied.id_of("assistant.tutor")
        applied.ok("state", "mv", "assistant.tutor", "assistant.coach")
        assert applied.id_of("assistant.coach") == before
        applied.edit("assistants/team.yaml", "  tutor:", "  coach:")
        plan = applied.ok("plan", "--json").json["summary"]
        assert (plan["add"], plan["destroy"]) == (0, 0)  # the marker names the new address

    @pytest.mark.parametrize(
        ("source", "target"),
        [
            ("assistant.nobody", "assistant.coach"),
            ("assistant.tutor", "file.tutor"),
            ("file.syllabus", "file.assistants/data/notes/limits.md"),
        ],
        ids=["unknown", "another kind", "taken"],
    )
    def test_refuses(self, applied: Shell, source: str, target: str) -> None:
        assert applied("state", "mv", source, target).code == 1
        assert applied.ok("plan").out == EMPTY


class TestForget:
    def test_the_object_stays_and_is_adopted_by_the_next_apply(
        self, applied: Shell, hand: Hand
    ) -> None:
        before = applied.id_of("assistant.tutor")
        assert before in applied.ok("state", "rm", "assistant.tutor").out
        plan = applied.ok("plan")
        assert plan.conclusion.endswith("1 to adopt.")
        applied.ok("apply", "--auto-approve")
        assert applied.id_of("assistant.tutor") == before
        assert len(hand.objects("assistants")) == 1

    def test_what_a_replace_left_is_named_as_well(self, applied: Shell) -> None:
        state = json.loads(applied.ok("state", "pull").out)
        state["resources"]["assistant.tutor"]["deposed"] = ["asst_old", "asst_older"]
        applied.write({"pulled.json": json.dumps(state)})
        applied.ok("state", "push", "pulled.json", "--force")
        said = applied.ok("state", "rm", "assistant.tutor").out
        assert "asst_old," in said
        assert "asst_older," in said

    def test_one_unknown_address_forgets_nothing(self, applied: Shell) -> None:
        assert applied("state", "rm", "assistant.tutor", "assistant.nobody").code == 1
        assert applied.ok("state", "list").out.splitlines() == ALL


class TestPullAndPush:
    def test_what_was_pulled_can_be_pushed(self, applied: Shell) -> None:
        applied.write({"pulled.json": applied.ok("state", "pull").out})
        assert "Pushed" in applied.ok("state", "push", "pulled.json").out
        assert applied.ok("plan").out == EMPTY

    def test_an_older_state_needs_force(self, applied: Shell) -> None:
        applied.write({"old.json": applied.ok("state", "pull").out})
        applied.edit("assistants/team.yaml", "gpt-4o", "gpt-4.1")
        applied.ok("apply", "--auto-approve")
        refused = applied("state", "push", "old.json")
        assert refused.code == 1
        assert "older" in refused.err
        applied.ok("state", "push", "--force", "old.json")

    def test_the_state_of_another_project_is_refused_even_by_force(self, applied: Shell) -> None:
        state = applied.ok("state", "pull").json | {"project": "elsewhere"}
        applied.write({"foreign.json": json.dumps(state)})
        done = applied("state", "push", "--force", "foreign.json")
        assert done.code == 1
        assert "RTN-STATE-FOREIGN" in done.err

    def test_a_broken_state_is_replaced_by_force_only(self, applied: Shell) -> None:
        applied.write({"kept.json": applied.ok("state", "pull").out})
        applied.write({".retinue/state/default.json": "{"})
        assert applied("state", "push", "kept.json").code == 1
        applied.ok("state", "push", "--force", "kept.json")
        assert applied.ok("plan", "--detailed-exitcode").code == 0

    def test_what_is_no_text_is_refused(self, applied: Shell) -> None:
        (applied.root / "picture.png").write_bytes(bytes(range(256)))
        done = applied("state", "push", "--force", "picture.png")
        assert done.code == 1
        assert "RTN-STATE-CORRUPT" in done.err

    def test_what_is_no_state_is_refused(self, applied: Shell) -> None:
        assert "RTN-STATE-CORRUPT" in applied("state", "push", "retinue.yaml").err


class TestRebuild:
    def test_restores_a_deleted_state_and_uploads_nothing(self, applied: Shell, hand: Hand) -> None:
        before = applied.ok("output", "--json").json
        files = {item["id"] for item in hand.objects("files")}
        shutil.rmtree(applied.root / ".retinue" / "state")
        rebuilt = applied.ok("state", "rebuild")
        assert "Recorded 4 objects." in rebuilt.out
        assert applied.ok("output", "--json").json == before
        assert applied.ok("plan").out == EMPTY
        applied.ok("apply", "--auto-approve")
        assert {item["id"] for item in hand.objects("files")} == files

    def test_of_a_whole_state_changes_nothing(self, applied: Shell) -> None:
        assert "Recorded 0 objects." in applied.ok("state", "rebuild").out
        assert applied.ok("plan").out == EMPTY

    def test_without_it_the_next_apply_adopts_instead_of_creating_twice(
        self, applied: Shell, hand: Hand
    ) -> None:
        shutil.rmtree(applied.root / ".retinue" / "state")
        applied.ok("apply", "--auto-approve")
        assert len(hand.objects("assistants")) == len(hand.objects("vector_stores")) == 1
        assert applied.ok("plan").out == EMPTY


class TestDamage:
    @pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
    def test_a_state_that_can_not_be_read_is_never_overwritten(
        self, applied: Shell, text: str
    ) -> None:
        state = ".retinue/state/default.json"
        applied.write({state: text})
        for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
            done = applied(*command)
            assert (done.code, "RTN-STATE-CORRUPT" in done.err) == (1, True)
        assert (applied.root / state).read_text("utf-8") == text

    def test_the_state_of_another_project_is_not_used(self, applied: Shell) -> None:
        applied.write({"retinue.yaml": "project: another\n"})
        assert "RTN-STATE-FOREIGN" in applied("plan").err


def test_a_state_with_a_type_of_a_newer_version_is_refused_whole(applied: Shell) -> None:
    applied.edit(".retinue/state/default.json", "assistants.assistant", "agents.agent")
    for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
        done = applied(*command)
        assert done.code == 1
        assert "RTN-STATE-FOREIGN" in done.err
        assert "'agents.agent'" in done.err


def test_a_state_that_does_not_say_where_its_objects_are_is_read(applied: Shell) -> None:
    """As the first version wrote it."""
    applied.edit(".retinue/state/default.json", '  "platform": "the embedded platform",\n', "")
    applied.ok("plan", "--detailed-exitcode")
