"""Who only looks needs no secrets; who writes is told of all that are missing, before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shell import Shell

MANIFEST = """\
vaults:
  tools: {}
credentials:
  bearer:
    vault: tools
    type: static_bearer
    mcp_server_url: https://mcp.example/mcp
    token: ${env:BEARER}
environments:
  bench:
    variables: {LEVEL: basic, KEY: "${env:FIRST}", OTHER: "${env:SECOND}"}
"""
WITH = {"BEARER": "one", "FIRST": "two", "SECOND": "three"}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "school", environ=WITH)
    shell.write({"retinue.yaml": "project: school\n", "assistants/team.yaml": MANIFEST})
    return shell


@pytest.fixture
def without(shell: Shell) -> Shell:
    """The same project where nobody knows its secrets."""
    return Shell(shell.root)


class TestLookingNeedsNone:
    def test_a_plan_of_new_resources(self, without: Shell) -> None:
        done = without("plan", "--detailed-exitcode")
        assert done.code == 2
        assert "Plan: 3 to add, 0 to change, 0 to destroy." in done.out
        assert "+ token = (sensitive)" in done.out

    def test_a_plan_says_what_it_could_not_compare(self, shell: Shell, without: Shell) -> None:
        shell.ok("apply", "--auto-approve")
        done = without("plan", "--detailed-exitcode")
        assert done.code == 0
        assert "No changes." in done.out
        for address, name in (
            ("credential.bearer", "BEARER"),
            ("environment.bench", "FIRST"),
            ("environment.bench", "SECOND"),
        ):
            note = f"{address}: the environment variable {name}, which holds a secret, is not set"
            assert note in " ".join(done.out.split())

    def test_a_plan_still_shows_what_else_changes(self, shell: Shell, without: Shell) -> None:
        shell.ok("apply", "--auto-approve")
        shell.edit("assistants/team.yaml", "LEVEL: basic", "LEVEL: expert")
        done = without("plan", "--json")
        [change] = [c for c in done.json["resource_changes"] if c["action"] != "no-op"]
        assert change["changed"] == ["variables"]
        before, after = change["change"]["before"], change["change"]["after"]
        assert after["variables"] == {**before["variables"], "LEVEL": "expert"}

    def test_a_new_secret_is_a_change(self, shell: Shell, without: Shell) -> None:
        shell.ok("apply", "--auto-approve")
        shell.edit("assistants/team.yaml", "LEVEL: basic", 'THIRD: "${env:THIRD}"')
        assert "1 to change" in without("plan").out

    def test_drift_says_nothing_of_them(self, shell: Shell, without: Shell) -> None:
        shell.ok("apply", "--auto-approve")
        done = without("drift")
        assert (done.code, done.out.strip()) == (
            0,
            "No drift. The platform is as it was last applied.",
        )

    def test_a_state_is_rebuilt_and_the_next_apply_writes_them(
        self, shell: Shell, without: Shell
    ) -> None:
        shell.ok("apply", "--auto-approve")
        shell.ok("state", "rm", "credential.bearer", "environment.bench", "vault.tools")
        without.ok("state", "rebuild")
        assert "0 to add, 2 to change" in shell.ok("plan").out
        shell.ok("apply", "--auto-approve")
        assert "No changes." in shell.ok("plan").out

    def test_an_environment_is_imported_and_the_next_apply_writes_them(
        self, shell: Shell, without: Shell
    ) -> None:
        shell.ok("apply", "--auto-approve")
        template = shell.ok("output", "environment.bench").out.strip()
        shell.ok("state", "rm", "environment.bench")
        without.ok("import", "environment.bench", template)
        assert "0 to add, 1 to change" in shell.ok("plan").out

    def test_destroy_reads_none(self, shell: Shell, without: Shell) -> None:
        shell.ok("apply", "--auto-approve")
        without.ok("plan", "--destroy", "--out", "end.plan")
        without.ok("destroy", "--auto-approve")


class TestWritingNeedsAll:
    @pytest.mark.parametrize(
        "command", [("apply", "--auto-approve"), ("plan", "--out", "first.plan")]
    )
    def test_all_are_named_with_their_places(
        self, without: Shell, command: tuple[str, ...]
    ) -> None:
        done = without(*command)
        assert done.code == 1
        for place, address, name in (
            ("8:12", "credential.bearer", "BEARER"),
            ("11:36", "environment.bench", "FIRST"),
            ("11:59", "environment.bench", "SECOND"),
        ):
            told = f"assistants/team.yaml:{place}: {address}: the environment variable {name}"
            assert told in done.err
        for name in WITH:
            assert f"set {name} in the environment" in done.err
        assert not (without.root / "first.plan").exists()
        assert without.ok("state", "list").out == ""

    def test_a_command_has_its_place(self, without: Shell) -> None:
        command = "{command: [retinue-no-such-program]}"
        without.edit("assistants/team.yaml", "token: ${env:BEARER}", f"token: {command}")
        done = without("apply", "--auto-approve")
        assert "assistants/team.yaml:8:22: credential.bearer: the command" in done.err

    def test_a_part_needs_its_own(self, shell: Shell) -> None:
        part = Shell(shell.root, environ={"BEARER": "one"})
        part.ok("apply", "--auto-approve", "--target", "credential.bearer")
        assert part.ok("state", "list").out.split() == ["credential.bearer", "vault.tools"]

    def test_a_preview_says_that_its_digest_is_none_to_approve(
        self, shell: Shell, without: Shell
    ) -> None:
        preview = without.ok("plan", "--json").json
        whole = shell.ok("plan", "--json").json
        assert preview["approvable"] is False
        assert whole["approvable"] is True
        assert preview["digest"] != whole["digest"]
        assert shell("apply", "--approved", preview["digest"]).code == 5
        shell.ok("apply", "--approved", whole["digest"])
        assert without.ok("plan", "--json").json["approvable"] is True  # as far as can be told

    def test_a_preview_is_no_plan_to_apply(self, shell: Shell, without: Shell) -> None:
        preview = without.ok("plan", "--json").out
        shell.write({"preview.json": preview})
        done = shell("apply", "preview.json", "--auto-approve")
        assert done.code == 5
        assert "the plan was made without the secret ${env:FIRST}" in done.err
        assert shell.ok("state", "list").out == ""
