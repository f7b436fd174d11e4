"""Somebody else's objects, named by ID: a plan looks whether they are there."""

from __future__ import annotations

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell

TARGETS = ("assistants", "responses")


def asking(shell: Shell, target: str, stores: list[str]) -> None:
    """Declare an assistant for each of ``stores``, which it only knows by ID."""
    lines = ["assistants:"]
    for number, store in enumerate(stores):
        tool = f"{{type: file_search, vector_store: {{id: {store}}}}}"
        lines += [f"  bot-{number}:", f"    target: {target}", "    model: some-model"]
        lines += [f"    tools: [{tool}]"]
    shell.write({"assistants/team.yaml": "\n".join(lines) + "\n"})


def store(hand: Hand, name: str = "theirs") -> str:
    return str(hand("POST", "/vector_stores", {"name": name})["id"])


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_there_is_used(shell: Shell, hand: Hand, target: str) -> None:
    asking(shell, target, [store(hand)])
    shell.ok("apply", "--auto-approve")
    done = shell.ok("plan")
    assert "No changes." in done.out
    assert "Note:" not in done.out


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_not_there_is_shown_and_refused(shell: Shell, hand: Hand, target: str) -> None:
    asking(shell, target, ["vs_nowhere"])
    preview = shell.ok("plan")
    assert "UNSAFE" in preview.out
    assert "RTN-REFUSED-MISSING" in preview.out
    refused = shell("apply", "--auto-approve")
    assert refused.code == 4
    message = (
        "there is no vector store vs_nowhere, which assistant.bot-0 (assistants/team.yaml:5:52)"
    )
    assert message in refused.err
    assert "if it is yet to come: --force" in refused.err
    assert "You have the files, in docs/migrating.md" in refused.err
    assert shell.ok("state", "list").out == ""
    assert hand.objects("assistants") == []


def test_only_what_is_made_of_files_is_sought_among_them(shell: Shell) -> None:
    bot = "{target: agents, model: some-model, environment: {id: envtmpl_none}}"
    shell.write({"assistants/team.yaml": f"assistants: {{bot: {bot}}}\n"})
    refused = shell("apply", "--auto-approve")
    assert "RTN-REFUSED-MISSING" in refused.err
    assert "(assistants/team.yaml:1:73)" in refused.err
    assert "if it is yet to come: --force" in refused.err
    assert "You have the files" not in refused.err


def test_force_goes_on_and_says_so(shell: Shell) -> None:
    asking(shell, "responses", ["vs_nowhere"])
    done = shell.ok("apply", "--auto-approve", "--force")
    assert "there is no vector store vs_nowhere" in done.out + done.err


def test_what_vanished_later_is_noted(shell: Shell, hand: Hand) -> None:
    theirs = store(hand)
    asking(shell, "responses", [theirs])
    shell.ok("apply", "--auto-approve")
    hand("DELETE", f"/vector_stores/{theirs}")
    done = shell.ok("plan", "--detailed-exitcode")
    assert f"there is no vector store {theirs}, which assistant.bot-0" in done.out
    assert "No changes." in done.out


def test_many_are_looked_up_in_the_list(shell: Shell, hand: Hand) -> None:
    theirs = [store(hand, f"theirs {number}") for number in range(30)]
    asking(shell, "responses", theirs)
    shell.ok("apply", "--auto-approve")
    hand("DELETE", f"/vector_stores/{theirs[7]}")
    done = shell.ok("plan")
    assert f"there is no vector store {theirs[7]}, which assistant.bot-7" in done.out
    assert done.out.count("there is no") == 1


AGENTS = """\
assistants:
  bot:
    target: agents
    model: some-model
    environment: {id: ENVIRONMENT}
    vaults: [{id: VAULT}]
    tools:
      - type: mcp
        server_label: repo
        server_url: https://mcp.example/mcp
        credential: {id: CREDENTIAL}
environments:
  bench:
    files: [{path: /workspace/notes.txt, file: {id: FILE}}]
automations:
  daily:
    assistant: {id: AGENT}
    prompt: Go.
    environment: {id: ENVIRONMENT}
    schedule: {cron: "0 7 * * *", timezone: Etc/UTC}
"""


def test_everything_that_agents_use(shell: Shell, hand: Hand) -> None:
    vault = hand("POST", "/vaults", {"name": "theirs"})["id"]
    auth = {
        "type": "static_bearer",
        "mcp_server_url": "https://mcp.example/mcp",
        "token": "a-token-of-theirs",
    }
    body = {"name": "theirs", "auth": auth}
    content = b"Notes."
    upload = hand(
        "POST", "/files", data={"purpose": "assistants"}, files={"file": ("a.txt", content)}
    )
    template = hand("POST", "/agents/environments/templates", {"name": "theirs"})
    agent = hand("POST", "/agents", {"model": "some-model", "name": "theirs"})
    ids = {
        "ENVIRONMENT": template["id"],
        "VAULT": vault,
        "CREDENTIAL": hand("POST", f"/vaults/{vault}/credentials", body)["id"],
        "FILE": upload["id"],
        "AGENT": agent["id"],
    }
    text = AGENTS
    for name, object_id in ids.items():
        text = text.replace(name, object_id)
    shell.write({"assistants/team.yaml": text})
    shell.ok("apply", "--auto-approve")
    assert "No changes." in shell.ok("plan").out
    hand("DELETE", f"/agents/{agent['id']}")
    hand("DELETE", f"/agents/environments/templates/{template['id']}")
    notes = [line for line in shell.ok("plan").out.splitlines() if line.startswith("Note:")]
    assert [note.split(",")[0] for note in notes] == [
        f"Note: there is no environment {template['id']}",
        f"Note: there is no assistant {agent['id']}",
    ]
