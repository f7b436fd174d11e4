"""Commands that fail where a program reads: one JSON document says why, as its schema has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.hand import Hand
from tests.cli.published import fits
from tests.cli.shell import Done, Shell


def problems_of(done: Done) -> list[dict[str, Any]]:
    """The problems of a document that fits its schema."""
    fits(done.json, "problems")
    problems: list[dict[str, Any]] = done.json["problems"]
    return problems


READING = [["plan", "--json"], ["drift", "--json"]]


@pytest.mark.parametrize("command", READING)
class TestReading:
    def test_broken_manifests_are_told_as_validate_tells_them(
        self, shell: Shell, command: list[str]
    ) -> None:
        shell.edit("assistants/team.yaml", "gpt-4o", "[gpt-4o]")
        shell.edit("assistants/team.yaml", "vector_store: notes", "vector_store: note")
        done = shell(*command)
        assert done.code == 1
        assert problems_of(done) == shell("validate", "--json").json
        assert done.err == shell("validate").err

    def test_broken_yaml_too(self, shell: Shell, command: list[str]) -> None:
        shell.write({"assistants/team.yaml": "assistants: [\n"})
        done = shell(*command)
        assert done.code == 1
        assert [each["file"] for each in problems_of(done)] == ["assistants/team.yaml"]

    def test_what_has_no_place_says_so(
        self, shell: Shell, command: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that is down, for one."""
        monkeypatch.setattr("retinue.platform.limiter.BACKOFF_BASE", 0.0)
        url = "http://127.0.0.1:9/v1"  # nobody listens on the port of `discard`
        shell.write({"retinue.yaml": f"project: a\nplatform: {{api: openai, base_url: {url}}}\n"})
        done = Shell(shell.root, {"OPENAI_API_KEY": "key"})(*command)
        assert done.code == 1
        (problem,) = problems_of(done)
        assert problem["code"] == "RTN-PLATFORM-UNAVAILABLE"
        assert problem["severity"] == "error"
        assert problem["hint"]
        assert (problem["file"], problem["line"], problem["column"]) == (None, None, None)
        assert "RTN-PLATFORM-UNAVAILABLE" in done.err

    def test_a_missing_key_keeps_its_exit_code(self, shell: Shell, command: list[str]) -> None:
        shell.write({"retinue.yaml": "project: a\nplatform: {api: openai}\ntarget: responses\n"})
        done = shell(*command)
        assert done.code == 7
        assert [each["code"] for each in problems_of(done)] == ["RTN-PLATFORM-AUTH"]

    def test_outside_of_a_project(self, tmp_path: Path, command: list[str]) -> None:
        done = Shell(tmp_path)(*command)
        assert done.code == 1
        assert [each["code"] for each in problems_of(done)] == ["RTN-USAGE"]

    def test_what_the_system_refuses(self, shell: Shell, command: list[str]) -> None:
        shell.write({".retinue/state/default.json/file": "a folder where a file should be\n"})
        done = shell(*command)
        assert done.code == 1
        assert [each["code"] for each in problems_of(done)] == ["RTN-SYSTEM"]

    def test_without_json_stdout_stays_empty(self, shell: Shell, command: list[str]) -> None:
        shell.write({"assistants/team.yaml": "assistants: [\n"})
        assert shell(command[0]).out == ""


def test_validate_tells_it_in_its_list(tmp_path: Path) -> None:
    done = Shell(tmp_path)("validate", "--json")
    assert done.code == 1
    assert [(each["code"], each["file"]) for each in done.json] == [("RTN-USAGE", None)]


class TestOutput:
    """It reads the project file and the state alone."""

    def test_of_a_broken_project_file_tells_every_problem(self, shell: Shell) -> None:
        shell.write({"retinue.yaml": "project: a\ntargt: agents\nplatfrom: {}\n"})
        done = shell("output", "--json")
        assert done.code == 1
        assert [each["line"] for each in problems_of(done)] == [2, 3]

    def test_of_a_state_that_can_not_be_read(self, shell: Shell) -> None:
        shell.write({".retinue/state/default.json/file": "a folder where a file should be\n"})
        done = shell("output", "--json")
        assert done.code == 1
        assert [each["code"] for each in problems_of(done)] == ["RTN-SYSTEM"]

    def test_of_an_unknown_address(self, shell: Shell) -> None:
        done = shell("output", "--json", "assistant.nobody")
        assert done.code == 1
        assert [each["code"] for each in problems_of(done)] == ["RTN-USAGE"]

    @pytest.mark.parametrize("form", ["text", "dotenv", "responses"])
    def test_in_another_form_stdout_stays_empty(self, shell: Shell, form: str) -> None:
        """It is redirected to files that an application reads."""
        done = shell("output", "--format", form, "assistant.nobody")
        assert (done.code, done.out) == (1, "")


def test_an_import_of_files_tells_it_too(shell: Shell) -> None:
    shell.write({"dump.json": '{"object": "list",\n "data": ['})
    done = shell("import", "--from", "dump.json", "--json")
    assert done.code == 1
    assert [each["code"] for each in problems_of(done)] == ["RTN-IMPORT-INPUT"]


def test_a_plan_that_can_not_be_saved_prints_no_plan(shell: Shell) -> None:
    shell.write({"plans": "a file\n"})
    done = shell("plan", "--json", "--out", "plans/team.plan")
    assert done.code == 1
    assert [each["code"] for each in problems_of(done)] == ["RTN-SYSTEM"]


class TestDrift:
    def test_none_fits_its_schema(self, applied: Shell) -> None:
        document = applied.ok("drift", "--json").json
        fits(document, "drift")
        assert document["resource_drift"] == []

    def test_some_fits_its_schema(self, applied: Shell, hand: Hand) -> None:
        hand("POST", f"/assistants/{applied.id_of('assistant.tutor')}", {"name": "Renamed"})
        hand("DELETE", f"/vector_stores/{applied.id_of('vector_store.notes')}")
        done = applied("drift", "--json")
        assert done.code == 2
        fits(done.json, "drift")
        found = {each["address"]: each["change"] for each in done.json["resource_drift"]}
        assert found["assistant.tutor"]["after"]["name"] == "Renamed"
        assert found["vector_store.notes"]["actions"] == ["delete"]
