"""Credentials by their IDs: one inside of a vault has two of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

MANIFEST = """\
vaults: {tools: {}}
credentials:
  door:
    vault: tools
    type: static_bearer
    mcp_server_url: https://mcp.example/mcp
    token: ${env:TOKEN}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "school", {"TOKEN": "a-token"})
    shell.write({"retinue.yaml": "project: school\n", "assistants/team.yaml": MANIFEST})
    shell.ok("apply", "--auto-approve")
    return shell


@pytest.fixture
def hand(shell: Shell) -> Iterator[Hand]:
    with contextlib.closing(Hand(shell.root / ".retinue" / "platform.db")) as hand:
        yield hand


@pytest.fixture
def ids(shell: Shell, hand: Hand) -> tuple[str, str]:
    """The IDs of the vault and of the credential, as the platform gave them."""
    del shell
    (vault,) = hand.objects("vaults")
    (credential,) = hand.objects(f"vaults/{vault['id']}/credentials")
    return vault["id"], credential["id"]


def test_an_application_gets_what_the_platform_takes(shell: Shell, ids: tuple[str, str]) -> None:
    vault, credential = ids
    assert shell.id_of("credential.door") == credential
    assert f"credential.door  {credential}\n" in shell.ok("output").out
    assert shell.ok("output", "--json").json["credential.door"] == {
        "kind": "credential",
        "id": credential,
        "name": "door",
        "vault_id": vault,
    }
    assert shell.ok("output", "--dotenv").out.splitlines() == [
        f"CREDENTIAL_DOOR_ID={credential}",
        f"CREDENTIAL_DOOR_VAULT_ID={vault}",
        f"VAULT_TOOLS_ID={vault}",
    ]


def test_names_that_fall_together_stay_apart(shell: Shell, ids: tuple[str, str]) -> None:
    vault, _ = ids
    shell.edit(
        "assistants/team.yaml",
        "https://mcp.example/mcp\n    token: ${env:TOKEN}\n",
        "https://mcp.example/mcp\n    token: ${env:TOKEN}\n"
        "  door-vault:\n    vault: tools\n    type: static_bearer\n"
        "    mcp_server_url: https://mcp.example/other\n    token: ${env:TOKEN}\n",
    )
    shell.ok("apply", "--auto-approve")
    lines = shell.ok("output", "--dotenv").out.splitlines()
    names = [line.partition("=")[0] for line in lines]
    assert len(set(names)) == len(names) == 5
    assert lines.count(f"CREDENTIAL_DOOR_VAULT_ID={vault}") == 1


class TestImport:
    def test_takes_vault_and_credential(self, shell: Shell, ids: tuple[str, str]) -> None:
        whole = "/".join(ids)
        shell.ok("state", "rm", "credential.door")
        assert whole in shell.ok("import", "credential.door", whole).out
        shell.ok("apply", "--auto-approve")
        assert shell.id_of("credential.door") == ids[1]

    def test_of_the_credential_alone_says_how_it_is_written(
        self, shell: Shell, ids: tuple[str, str]
    ) -> None:
        vault, credential = ids
        shell.ok("state", "rm", "credential.door")
        done = shell("import", "credential.door", credential)
        assert done.code == 1
        assert f"retinue import credential.door {vault}/{credential}\n" in done.err

    def test_without_a_vault_that_is_known_shows_the_form(
        self, shell: Shell, ids: tuple[str, str]
    ) -> None:
        shell.ok("state", "rm", "credential.door", "vault.tools")
        done = shell("import", "credential.door", ids[1])
        assert done.code == 1
        assert f"retinue import credential.door vault_…/{ids[1]}\n" in done.err

    def test_of_one_that_is_not_there(self, shell: Shell, ids: tuple[str, str]) -> None:
        shell.ok("state", "rm", "credential.door")
        done = shell("import", "credential.door", f"{ids[0]}/cred_nobody")
        assert done.code == 1
        assert "there is no such credential" in done.err
