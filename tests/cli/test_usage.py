"""Everything that a user can get wrong: one clear message, the right exit code, nothing lost."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.cli.conftest import KEY
from tests.cli.shell import Shell


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["plna"], "Did you mean 'plan'?"),
        (["plan", "--nope"], "No such option"),
        (["plan", "--parallelism", "0"], "not in the range"),
        (["plan", "-C", "nowhere"], "does not exist"),
        (["plan", "surplus"], "unexpected extra argument"),
        (["plan", "--target", "assistant.tutr"], "did you mean assistant.tutor?"),
        (["plan", "--exclude", "notes"], "did you mean vector_store.notes?"),
        (["plan", "--target", "nothing.*"], "there are: assistant.tutor, file."),
        (["plan", "--exclude", "nothing.*"], "no resource fits"),
        (["apply", "--target", "x"], "no resource fits"),
        (["graph", "--format", "png"], "is not one of"),
        (["schema", "nothing"], "is not one of"),
        (["completion", "tcsh"], "is not one of"),
        (["serve", "--port", "65536"], "not in the range"),
        (["state", "push", "nowhere.json"], "does not exist"),
        (["state", "rm"], "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_exits_1_and_says_why(
    shell: Shell, args: list[str], message: str
) -> None:
    done = shell(*args)
    assert (done.code, done.out) == (1, "")
    assert message in done.err


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "drift", "output", "graph"])
def test_outside_of_a_project_every_command_says_how_to_start_one(
    tmp_path: Path, command: str
) -> None:
    done = Shell(tmp_path)(command)
    assert done.code == 1
    assert "run `retinue init`" in done.err


def test_a_project_is_found_from_a_folder_inside_it(shell: Shell) -> None:
    assert Shell(shell.root / "assistants/data").ok("validate").out.endswith("4 resources.\n")


def test_chdir_is_as_if_started_there(shell: Shell) -> None:
    outside = Shell(shell.root.parent)
    outside.ok("apply", "-C", "school", "--auto-approve")
    assert (shell.root / ".retinue/state/default.json").exists()


class TestBeforeTheCommand:
    @pytest.mark.parametrize("option", [["-C", "school"], ["--chdir", "school"], ["-Cschool"]])
    def test_chdir_is_understood(self, shell: Shell, option: list[str]) -> None:
        outside = Shell(shell.root.parent)
        outside.ok(*option, "apply", "--auto-approve")
        assert (shell.root / ".retinue/state/default.json").exists()
        assert outside.ok(*option, "state", "list", "assistant").out == "assistant.tutor\n"

    def test_chdir_counts_from_the_one_before(self, shell: Shell) -> None:
        """As git does it."""
        outside = Shell(shell.root.parent)
        assert "valid" in outside.ok("-C", "school", "validate", "-C", "assistants").out

    def test_chdir_to_nowhere_is_an_error(self, shell: Shell) -> None:
        done = shell("-C", "nowhere", "plan")
        assert done.code == 1
        assert "does not exist" in done.err

    @pytest.mark.parametrize(
        "option", [["--stack", "prod"], ["--var=a=b"], ["--json"], ["--nope"], ["-x"]]
    )
    def test_any_other_option_is_told_where_it_belongs(
        self, shell: Shell, option: list[str]
    ) -> None:
        done = shell(*option, "plan")
        assert done.code == 1
        assert f"No such option '{option[0].partition('=')[0]}'" in done.err
        assert "options other than -C stand behind the command" in done.err


class TestManifests:
    def test_problems_are_shown_all_at_once_with_their_lines(self, shell: Shell) -> None:
        shell.edit("assistants/team.yaml", "gpt-4o", "[gpt-4o]")
        shell.edit("assistants/team.yaml", "vector_store: notes", "vector_store: note")
        done = shell("validate")
        assert done.code == 1
        assert "assistants/team.yaml:4:12: error:" in done.err
        assert "did you mean 'notes'?" in done.err
        assert done.err.endswith("2 errors\n")

    @pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], ["graph"]])
    def test_other_commands_show_the_same(self, shell: Shell, command: list[str]) -> None:
        shell.edit("assistants/team.yaml", "temperature: 0.2", "temprature: 0.2")
        assert shell(*command).err == shell("validate").err

    def test_warnings_alone_are_fine(self, shell: Shell) -> None:
        shell.edit("assistants/team.yaml", "files:\n", "functions:\n  idle: {name: idle}\nfiles:\n")
        done = shell.ok("validate")
        assert done.err.endswith("1 warning\n")
        assert done.out == "The manifests are valid: 4 resources and 1 function.\n"


class TestPlatforms:
    def at(self, shell: Shell, url: str) -> Shell:
        shell.write({"retinue.yaml": f"project: a\nplatform: {{api: openai, base_url: {url}}}\n"})
        return Shell(shell.root, {"OPENAI_API_KEY": KEY})

    def test_a_server_that_is_down(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("retinue.platform.limiter.BACKOFF_BASE", 0.0)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        done = self.at(shell, f"http://127.0.0.1:{port}/v1")("apply", "--auto-approve")
        assert done.code == 1
        assert "RTN-PLATFORM-UNAVAILABLE" in done.err
        assert "check that the server runs" in done.err

    def test_a_base_url_without_its_path(self, shell: Shell, server: str) -> None:
        done = self.at(shell, server.removesuffix("/v1"))("plan")
        assert done.code == 1
        assert "RTN-PLATFORM-FAMILY-GONE" in done.err
        assert "check base_url" in done.err


class TestSystem:
    def test_a_state_folder_that_can_not_be_made(self, shell: Shell) -> None:
        shell.write({".retinue/state": "a file where a folder should be\n"})
        done = shell("apply", "--auto-approve")
        assert done.code == 1
        assert "RTN-SYSTEM" in done.err
        assert ".retinue/state" in done.err.replace("\\", "/")

    def test_with_json_it_is_an_event_as_well(self, shell: Shell) -> None:
        shell.write({".retinue/state": "a file where a folder should be\n"})
        done = shell("apply", "--auto-approve", "--json")
        assert done.events[-1]["diagnostic"]["code"] == "RTN-SYSTEM"

    def test_a_plan_that_can_not_be_saved(self, shell: Shell) -> None:
        shell.write({"plans": "a file\n"})
        done = shell("plan", "--out", "plans/team.plan")
        assert done.code == 1
        assert "RTN-SYSTEM" in done.err


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(tmp_path: Path, shell_name: str) -> None:
    assert "_RETINUE_COMPLETE" in Shell(tmp_path).ok("completion", shell_name).out


def test_completion_completes_commands(shell: Shell) -> None:
    done = shell.process(_RETINUE_COMPLETE="bash_complete", COMP_WORDS="retinue pl", COMP_CWORD="1")
    assert done.out == "plain,plan\n"
