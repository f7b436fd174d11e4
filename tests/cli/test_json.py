"""What programs read: one document, or JSON lines, as the published schemas describe them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import ALL
from tests.cli.hand import Hand
from tests.cli.published import SCHEMAS, fits, published
from tests.cli.shell import Shell

from retinue.cli.schema import DOCUMENTS
from retinue.cli.schemas import write_schemas


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_printed_schema_is_the_published_one(shell: Shell, name: str) -> None:
    assert shell.ok("schema", name).json == published(name)


def test_the_published_schemas_are_those_of_the_code(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text("utf-8") for path in SCHEMAS.iterdir()}
    assert written == kept, "write them anew: make schema"
    assert sorted(kept) == sorted(f"{name}.schema.json" for name in DOCUMENTS)


class TestPlan:
    def test_of_creates_fits_its_schema(self, shell: Shell) -> None:
        plan = shell.ok("plan", "--json").json
        fits(plan, "plan")
        changes = {change["address"]: change["change"] for change in plan["resource_changes"]}
        assert sorted(changes) == ALL
        assert all(change["actions"] == ["create"] for change in changes.values())
        unknown = changes["assistant.tutor"]["after_unknown"]
        assert unknown["tool_resources"]["file_search"] == {"vector_store_ids": [True]}

    def test_of_every_kind_of_change_fits_its_schema(self, applied: Shell, hand: Hand) -> None:
        hand("POST", f"/assistants/{applied.id_of('assistant.tutor')}", {"model": "o3-mini"})
        applied.write({"assistants/data/syllabus.txt": "new\n", "assistants/data/notes/x.md": "x"})
        applied.write({"assistants/data/notes/limits.md": None})
        plan = applied.ok("plan", "--json").json
        fits(plan, "plan")
        actions = {tuple(change["change"]["actions"]) for change in plan["resource_changes"]}
        assert actions == {("create",), ("update",), ("create", "delete"), ("delete",)}
        assert [item["address"] for item in plan["resource_drift"]] == ["assistant.tutor"]

    def test_of_destruction_fits_its_schema(self, applied: Shell) -> None:
        fits(applied.ok("plan", "--destroy", "--json").json, "plan")

    def test_is_all_that_stdout_holds(self, shell: Shell) -> None:
        """Warnings would break whoever parses it."""
        shell.edit("assistants/team.yaml", "files:\n", "functions:\n  idle: {name: idle}\nfiles:\n")
        assert "RTN-MANIFEST-UNUSED-FUNCTION" in shell.ok("plan").err
        fits(shell.process("plan", "--json").json, "plan")

    def test_equal_plans_have_equal_digests(self, shell: Shell) -> None:
        first, second = (shell.ok("plan", "--json").json for _ in range(2))
        assert first["digest"] == second["digest"]
        assert first["id"] != second["id"]


class TestEvents:
    def test_of_an_apply_fit_their_schema(self, shell: Shell) -> None:
        events = shell.ok("apply", "--auto-approve", "--json").events
        for event in events:
            fits(event, "events")
        kinds = [event["type"] for event in events]
        assert kinds[0] == "version"
        assert kinds.count("planned_change") == kinds.count("apply_complete") == 4
        assert events[-1]["changes"]["operation"] == "apply"
        assert events[-1]["changes"]["add"] == 4

    def test_of_a_refusal_end_with_the_reason(self, shell: Shell) -> None:
        done = shell("apply", "--json")
        assert done.code == 4
        for event in done.events:
            fits(event, "events")
        assert done.events[-1]["diagnostic"]["code"] == "RTN-REFUSED"
        assert "RTN-REFUSED" in done.err

    @pytest.mark.parametrize("command", ["apply", "destroy"])
    def test_of_a_broken_project_file_tell_every_problem(self, shell: Shell, command: str) -> None:
        shell.write({"retinue.yaml": "project: school\nplatfrom: {api: local}\nparallelism: 0\n"})
        done = shell(command, "--auto-approve", "--json")
        assert done.code == 1
        for event in done.events:
            fits(event, "events")
        assert [event["type"] for event in done.events] == ["version", "diagnostic", "diagnostic"]
        where = [event["diagnostic"]["range"]["start"]["line"] for event in done.events[1:]]
        assert where == [2, 3]

    def test_of_broken_manifests_tell_where(self, shell: Shell) -> None:
        shell.edit("assistants/team.yaml", "temperature: 0.2", "temprature: 0.2")
        done = shell("apply", "--auto-approve", "--json")
        assert done.code == 1
        _, problem = done.events
        fits(problem, "events")
        assert problem["diagnostic"]["code"] == "RTN-MANIFEST-UNKNOWN-KEY"
        assert problem["diagnostic"]["range"] == {
            "filename": "assistants/team.yaml",
            "start": {"line": 6, "column": 5},
        }
        assert "temprature" in done.err

    def test_of_a_plan_file_that_is_none_say_so(self, shell: Shell) -> None:
        done = shell("apply", "nowhere.plan", "--json")
        assert done.code == 1
        assert done.events[-1]["diagnostic"]["code"] == "RTN-USAGE"

    @pytest.mark.parametrize("text", ["nowhere.plan", "broken.plan"])
    def test_of_an_approval_that_is_none_say_so(self, shell: Shell, text: str) -> None:
        shell.write({"broken.plan": "not a plan"})
        done = shell("apply", "--json", "--approved", text)
        assert done.code == 1
        for event in done.events:
            fits(event, "events")
        assert done.events[-1]["diagnostic"]["severity"] == "error"

    def test_of_nothing_to_do_say_so(self, applied: Shell) -> None:
        last = applied.ok("apply", "--json").events[-1]
        assert (last["type"], last["@message"]) == (
            "change_summary",
            "No changes. The platform matches the manifests.",
        )

    def test_of_a_destroy_fit_their_schema(self, applied: Shell) -> None:
        events = applied.ok("destroy", "--auto-approve", "--json").events
        for event in events:
            fits(event, "events")
        assert events[-1]["changes"]["remove"] == 4


class TestProblems:
    def test_are_a_list_with_places(self, shell: Shell) -> None:
        shell.edit("assistants/team.yaml", "temperature: 0.2", "temprature: 0.2")
        done = shell("validate", "--json")
        assert done.code == 1
        assert [(item["code"], item["line"], item["column"]) for item in done.json] == [
            ("RTN-MANIFEST-UNKNOWN-KEY", 6, 5)
        ]

    def test_are_annotations_on_request(self, shell: Shell) -> None:
        shell.edit("assistants/team.yaml", "temperature: 0.2", "temprature: 0.2")
        done = shell("validate", "--annotations")
        assert done.code == 1
        assert done.out.startswith("::error file=assistants/team.yaml,line=6,col=5,")

    def test_warnings_among_annotations_count_apart(self, shell: Shell) -> None:
        shell.edit("assistants/team.yaml", "temperature: 0.2", "temprature: 0.2")
        key = "sk-" + "abcdefghijklmnopqrstuvwxyz0123456789"  # in pieces: no scanner shall mind
        shell.edit("assistants/team.yaml", "name: Tutor", f"name: {key}")
        done = shell("validate", "--annotations")
        assert done.code == 1
        assert [line.split()[0] for line in done.out.splitlines()] == ["::warning", "::error"]
        assert done.err == "1 error, 1 warning found.\n"

    def test_none_is_an_empty_list(self, shell: Shell) -> None:
        assert shell.ok("validate", "--json").json == []


class TestOutput:
    def test_maps_addresses_to_kind_id_and_name(self, applied: Shell) -> None:
        rows = applied.ok("output", "--json").json
        assert sorted(rows) == ALL
        row = rows["file.syllabus"]
        assert (row["kind"], row["name"]) == ("file", "syllabus.txt")
        assert row["id"].startswith("file-")

    def test_is_a_dotenv_file_on_request(self, applied: Shell) -> None:
        lines = dict(line.split("=") for line in applied.ok("output", "--dotenv").out.splitlines())
        assert lines["ASSISTANT_TUTOR_ID"] == applied.id_of("assistant.tutor")
        assert len(lines) == len(ALL)

    def test_of_one_address_is_its_id_alone(self, applied: Shell) -> None:
        assert applied.id_of("assistant.tutor").startswith("asst_")

    def test_of_an_unknown_address_is_an_error(self, applied: Shell) -> None:
        done = applied("output", "assistant.nobody")
        assert done.code == 1
        assert "assistant.nobody is not in the state" in done.err

    @pytest.mark.parametrize("written", ["tutor", "assistant.tutr", "tutr"])
    def test_of_a_misspelt_address_names_the_one_that_is_meant(
        self, applied: Shell, written: str
    ) -> None:
        done = applied("output", written)
        assert done.code == 1
        assert "did you mean 'assistant.tutor'?" in done.err

    def test_of_nothing_is_empty(self, shell: Shell) -> None:
        assert shell.ok("output", "--json").json == {}
        assert shell.ok("output", "--dotenv").out.strip() == ""
        assert shell.ok("output").out == ""


def test_drift_is_a_document(applied: Shell, hand: Hand) -> None:
    hand("POST", f"/assistants/{applied.id_of('assistant.tutor')}", {"model": "o3-mini"})
    done = applied("drift", "--json")
    assert done.code == 2
    [item] = done.json["resource_drift"]
    assert item["change"]["before"] == {"model": "gpt-4o"}
    assert item["change"]["after"] == {"model": "o3-mini"}


def test_markdown_is_for_pull_requests(shell: Shell) -> None:
    text = shell.ok("plan", "--markdown").out
    assert "4 to add" in text
    assert "<details>" in text
