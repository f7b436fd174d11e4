"""`retinue import --from`: off a closed platform, from what people kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.shell import Shell

CASES = Path(__file__).parents[1] / "cases" / "dumps"


@pytest.fixture
def fresh(tmp_path: Path) -> Shell:
    """A project that declares nothing, with a dump beside it; no key, and no platform to reach."""
    shell = Shell(tmp_path / "school")
    platform = "platform: {api: openai, base_url: 'https://assistants.example/v1'}\n"
    dump = (CASES / "second-api.json").read_text("utf-8")
    shell.write({"retinue.yaml": platform, "dump.json": dump})
    return shell


class TestText:
    def test_a_real_command_from_dump_to_valid_manifests(self, fresh: Shell) -> None:
        done = fresh.process("import", "--from", "dump.json")
        assert (done.code, done.err) == (0, "")
        assert "assistant.math-tutor  asst_SecondMathTutor0000000, dump.json: $.data[0]" in done.out
        assert "  dropped  truncation: no field of an assistant that Retinue knows" in done.out
        assert "  decide   temperature (target agents): has temperature, " in done.out
        assert "wrote assistants/imported/prompts/math-tutor.md\n" in done.out
        assert done.conclusion.startswith("Imported 2 assistants. Next: retinue validate")
        assert fresh.process("validate").code == 0
        assert fresh.process("validate", "--target", "responses").code == 0
        assert not (fresh.root / ".retinue").exists()

    def test_what_is_said_of_all_is_said_once(self, fresh: Shell) -> None:
        done = fresh.ok("import", "--from", "dump.json")
        assert done.out.startswith("every new assistant\n  dropped  id, object, created_at: ")
        assert done.out.count("created_at") == 1

    def test_what_nearly_all_have_is_said_once(self, fresh: Shell) -> None:
        dump = json.loads((fresh.root / "dump.json").read_text("utf-8"))
        dump["data"].append({"model": "some-model", "instructions": "Rhyme.", "tools": []})
        fresh.write({"dump.json": json.dumps(dump)})
        done = fresh.ok("import", "--from", "dump.json")
        assert done.out.count("created_at") == 1
        assert "new assistants that have them\n  dropped  id, object, created_at: " in done.out

    def test_a_second_time_reports_what_is_declared(self, fresh: Shell) -> None:
        fresh.ok("import", "--from", "dump.json")
        done = fresh.ok("import", "--from", "dump.json")
        assert "  declared already, in assistants/imported/assistant-grader.yaml" in done.out
        assert done.conclusion == "Imported 0 assistants, 2 declared already."

    def test_a_dry_run_shows_the_files(self, fresh: Shell) -> None:
        done = fresh.ok("import", "--from", "dump.json", "--dry-run")
        assert "would write assistants/imported/assistant-grader.yaml:\n" in done.out
        assert "        model: o3-mini\n" in done.out
        assert not (fresh.root / "assistants").exists()

    def test_what_is_imported_can_be_applied(self, shell: Shell) -> None:
        dump = {"object": "assistant", "id": "asst_1", "name": "Poet", "model": "gpt-4o"}
        shell.write({"dump.json": json.dumps(dump)})
        shell.ok("import", "--from", "dump.json")
        shell.ok("apply", "--auto-approve")
        assert "assistant.poet" in shell.ok("state", "list").out


class TestJson:
    def test_one_document(self, fresh: Shell) -> None:
        done = fresh.ok("import", "--from", "dump.json", "--json")
        tutor, grader = done.json["assistants"]
        assert (tutor["address"], tutor["status"]) == ("assistant.math-tutor", "new")
        assert tutor["manifest"] == "assistants/imported/assistant-math-tutor.yaml"
        assert (grader["id"], grader["at"]) == ("asst_Grader000000000000000", "$.data[1]")
        (temperature,) = [each for each in tutor["remarks"] if each["field"] == "temperature"]
        assert temperature["targets"] == ["agents"]
        assert "leave it out" in temperature["hint"]
        assert {file["text"] for file in done.json["files"]} == {None}

    def test_a_dry_run_holds_the_texts(self, fresh: Shell) -> None:
        done = fresh.ok("import", "--from", "dump.json", "--json", "--dry-run")
        assert done.json["dry_run"] is True
        assert all(file["text"] for file in done.json["files"])


class TestOut:
    def test_another_folder(self, fresh: Shell) -> None:
        done = fresh.ok("import", "--from", "dump.json", "--out", "assistants/old")
        assert "wrote assistants/old/assistant-grader.yaml\n" in done.out
        assert done.err == ""
        assert fresh.ok("validate").code == 0

    def test_a_folder_that_no_command_reads_is_pointed_out(self, fresh: Shell) -> None:
        done = fresh.ok("import", "--from", "dump.json", "--out", "elsewhere")
        assert "outside of the manifests" in done.err


class TestRefuses:
    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (["--from", "dump.json", "--all"], "--from stands alone"),
            (["assistant.x", "asst_1", "--from", "dump.json"], "--from stands alone"),
            (["--all", "--dry-run"], "belong to --from"),
            (["--all", "--json"], "belong to --from"),
        ],
    )
    def test_what_does_not_go_together(self, fresh: Shell, args: list[str], message: str) -> None:
        done = fresh("import", *args)
        assert done.code == 1
        assert message in done.err

    def test_every_path_that_leads_nowhere(self, fresh: Shell) -> None:
        done = fresh("import", "--from", "nowhere.json", "--from", "not/here")
        assert done.code == 1
        assert "nowhere.json: No such file or directory\n" in done.err
        assert "not/here: No such file or directory\n" in done.err

    def test_with_chdir_it_says_where_paths_count_from(self, fresh: Shell) -> None:
        outside = Shell(fresh.root.parent)
        outside.write({"old/config.yaml": "name: x\n"})
        done = outside("import", "-C", fresh.root.name, "--from", "old")
        assert done.code == 1
        assert "old: No such file or directory" in done.err
        assert f"paths count from {fresh.root}" in done.err

    def test_a_dump_that_is_cut_off(self, fresh: Shell) -> None:
        fresh.write({"dump.json": '{"object": "list",\n "data": ['})
        done = fresh("import", "--from", "dump.json")
        assert done.code == 1
        assert "dump.json: 2:11: the JSON ends too early\n" in done.err
        assert "[RTN-IMPORT-INPUT]" in done.err
        assert not (fresh.root / "assistants").exists()
