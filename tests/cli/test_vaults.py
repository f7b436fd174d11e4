"""A vault takes everything in it along: also what no plan says it deletes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

VAULT = "vaults: {tools: {}}\n"
CREDENTIAL = """\
credentials:
  repo:
    vault: tools
    type: static_bearer
    mcp_server_url: https://mcp.example/mcp
    token: ${env:TOKEN}
    lifecycle: {protect: true}
"""
THEIRS = {
    "name": "theirs",
    "auth": {
        "type": "static_bearer",
        "mcp_server_url": "https://mcp.example/mcp",
        "token": "a-token-of-theirs",
    },
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "school", {"TOKEN": "a-token"})
    shell.write({"retinue.yaml": "project: school\n", "assistants/team.yaml": VAULT + CREDENTIAL})
    shell.ok("apply", "--auto-approve")
    return shell


@pytest.fixture
def hand(shell: Shell) -> Iterator[Hand]:
    with contextlib.closing(Hand(shell.root / ".retinue" / "platform.db")) as hand:
        yield hand


def test_a_credential_that_is_to_stay_keeps_its_vault(shell: Shell, hand: Hand) -> None:
    vault, credential = shell.id_of("vault.tools"), shell.id_of("credential.repo")
    shell.write({"assistants/team.yaml": "removed: [{address: credential.repo}]\n"})
    assert "UNSAFE" in shell.ok("plan").out
    refused = shell("apply", "--auto-approve")
    assert refused.code == 4
    assert "RTN-REFUSED-CONTAINED" in refused.err
    assert credential in refused.err
    assert [item["id"] for item in hand.objects("vaults")] == [vault]


def test_somebody_elses_credential_is_named_before_it_goes(shell: Shell, hand: Hand) -> None:
    vault = shell.id_of("vault.tools")
    shell.edit("assistants/team.yaml", "protect: true", "protect: false")
    shell.ok("apply", "--auto-approve")
    theirs = hand("POST", f"/vaults/{vault}/credentials", THEIRS)["id"]
    shell.write({"assistants/team.yaml": "{}\n"})
    shell.ok("plan", "--out", "end.plan")
    for command in (["apply", "--auto-approve"], ["apply", "end.plan"]):
        refused = shell(*command)
        assert refused.code == 4
        assert theirs in refused.err
    refused = shell("destroy", "--auto-approve")
    assert refused.code == 4
    assert "RTN-REFUSED-CONTAINED" in refused.err
    assert "UNSAFE" in shell.ok("plan", "--destroy").out
    assert [item["id"] for item in hand.objects("vaults")] == [vault]
    done = shell.ok("destroy", "--auto-approve", "--force")
    assert theirs in done.out + done.err
    assert hand.objects("vaults") == []


def test_a_vault_goes_with_the_credentials_that_go(shell: Shell, hand: Hand) -> None:
    shell.edit("assistants/team.yaml", "protect: true", "protect: false")
    shell.ok("apply", "--auto-approve")
    shell.write({"assistants/team.yaml": "{}\n"})
    shell.ok("apply", "--auto-approve")
    assert hand.objects("vaults") == []
