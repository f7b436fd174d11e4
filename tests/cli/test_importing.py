"""Taking over what lives on the platform already."""

from __future__ import annotations

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

EMPTY = "No changes. The platform matches the manifests.\n"


def make_tutor(hand: Hand, **more: object) -> str:
    body = {"model": "gpt-4o", "name": "History Tutor", "instructions": "Tell\nstories.\n"}
    return str(hand("POST", "/assistants", body | more)["id"])


def only_markers(shell: Shell) -> bool:
    """Whether a plan changes nothing but the marker."""
    changes = shell.ok("plan", "--json").json["resource_changes"]
    return all(set(change["changed"]) <= {"marker"} for change in changes)


class TestOne:
    def test_what_no_manifest_declares_gets_one(self, applied: Shell, hand: Hand) -> None:
        object_id = make_tutor(hand, temperature=0.5, metadata={"team": "arts"})
        done = applied.ok("import", "assistant.history", object_id)
        assert f"assistant.history  {object_id}" in done.out
        written = applied.root / "assistants/imported/assistant-history.yaml"
        assert "History Tutor" in written.read_text("utf-8")
        assert only_markers(applied)
        applied.ok("apply", "--auto-approve=update")
        assert applied.ok("plan").out == EMPTY
        assert applied.id_of("assistant.history") == object_id

    def test_what_is_declared_already_is_only_recorded(self, shell: Shell, hand: Hand) -> None:
        object_id = make_tutor(hand)
        shell.ok("import", "assistant.tutor", object_id)
        assert not (shell.root / "assistants/imported").exists()
        shell.ok("apply", "--auto-approve")
        assert hand("GET", f"/assistants/{object_id}")["name"] == "Tutor"
        assert len(hand.objects("assistants")) == 1

    def test_a_declared_file_is_recorded_by_its_id(self, shell: Shell, hand: Hand) -> None:
        content = (shell.root / "assistants/data/syllabus.txt").read_bytes()
        files = {"file": ("syllabus.txt", content)}
        uploaded = hand("POST", "/files", data={"purpose": "assistants"}, files=files)
        shell.ok("import", "file.syllabus", uploaded["id"])
        shell.ok("apply", "--auto-approve")
        assert shell.ok("plan").out == EMPTY

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ([], "either ADDRESS and ID, or --all"),
            (["assistant.x"], "which object"),
            (["assistant.x", "asst_nobody"], "no such assistant"),
            (["tutor", "asst_x"], "is not an address"),
            (["thread.x", "thread_x"], "can't be imported"),
            (["assistant.tutor", "asst_x"], "in the state already"),
            (["--all", "assistant.x"], "either ADDRESS and ID, or --all"),
        ],
    )
    def test_refuses(self, applied: Shell, args: list[str], message: str) -> None:
        done = applied("import", *args)
        assert done.code == 1
        assert message in done.err

    def test_an_object_that_is_tracked_already_is_refused(self, applied: Shell) -> None:
        done = applied("import", "assistant.again", applied.id_of("assistant.tutor"))
        assert done.code == 1
        assert "as assistant.tutor" in done.err


class TestAll:
    def test_takes_over_every_assistant_and_store_that_fits(self, shell: Shell, hand: Hand) -> None:
        shell.write({"assistants/team.yaml": "assistants: {}\n"})
        uploaded = hand(
            "POST", "/files", data={"purpose": "assistants"}, files={"file": ("a.txt", b"a")}
        )
        store = hand("POST", "/vector_stores", {"name": "History", "file_ids": [uploaded["id"]]})
        resources = {"file_search": {"vector_store_ids": [store["id"]]}}
        tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
        make_tutor(hand, tools=tools, tool_resources=resources)
        hand("POST", "/assistants", {"model": "gpt-4o", "name": "Cook"})
        done = shell.ok("import", "--all", "--match", "History*")
        assert "Imported 2 objects." in done.out
        assert shell.ok("state", "list").out.splitlines() == [
            "assistant.history-tutor",
            "vector_store.history",
        ]
        shell.ok("validate")
        assert only_markers(shell)
        shell.ok("apply", "--auto-approve=update")
        assert shell.ok("plan").out == EMPTY
        assert len(hand.objects("files")) == 1

    def test_a_second_time_finds_nothing(self, shell: Shell, hand: Hand) -> None:
        shell.write({"assistants/team.yaml": "assistants: {}\n"})
        make_tutor(hand)
        shell.ok("import", "--all")
        assert "Imported 0 objects." in shell.ok("import", "--all").out

    def test_leaves_what_belongs_to_another_project(self, applied: Shell, hand: Hand) -> None:
        database = applied.root / ".retinue/platform.db"
        other = Shell(applied.root.parent / "other")
        platform = f"{{api: local, database: {database}}}"
        other.write({"retinue.yaml": f"project: other\nplatform: {platform}\n"})
        other.write({"assistants/none.yaml": "assistants: {}\n"})
        done = other.ok("import", "--all")
        assert "Imported 0 objects." in done.out
        assert "belongs to school/default" in done.err
        assert len(hand.objects("assistants")) == 1

    def test_same_names_get_numbers(self, shell: Shell, hand: Hand) -> None:
        shell.write({"assistants/team.yaml": "assistants: {}\n"})
        make_tutor(hand)
        make_tutor(hand)
        shell.ok("import", "--all")
        assert shell.ok("state", "list").out.splitlines() == [
            "assistant.history-tutor",
            "assistant.history-tutor-2",
        ]
