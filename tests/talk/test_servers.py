"""MCP servers, whose tools somebody has to approve."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cli.shell import Shell
from tests.talk.approving import ApprovingServer
from tests.talk.handlers import bind

pytestmark = pytest.mark.parametrize("target", ["responses"], indirect=True)


@pytest.fixture
def connected(project: Shell) -> Shell:
    """An assistant with an MCP server, which the embedded platform does not call."""
    tool = '{type: mcp, server_label: repo, server_url: "https://mcp.example/mcp"}'
    new = f"  plain:\n    model: gpt-4o\n    tools:\n      - {tool}\n"
    project.edit("assistants/team.yaml", "  plain: {model: gpt-4o}\n", new)
    project.ok("apply", "--auto-approve")
    return project


@pytest.fixture
def approving(connected: Shell, platform: str) -> Iterator[ApprovingServer]:
    """A platform that calls it."""
    with ApprovingServer() as server:
        connected.edit("retinue.yaml", platform, f"{server.root}/v1")
        yield server


def test_a_tool_is_not_used_unasked(connected: Shell, approving: ApprovingServer) -> None:
    done = connected("ask", "plain", "hello")
    assert (done.code, approving.decisions) == (4, [False])
    assert "repo: delete_branch may not be used unasked" in done.err
    assert "--approve repo" in done.err


def test_all_handlers_are_no_tools(connected: Shell, approving: ApprovingServer) -> None:
    bind(connected, "command: [touch, ran]")
    assert connected("ask", "plain", "hello", "--allow", "all").code == 4
    assert approving.decisions == [False]


def test_one_can_be_approved_beforehand(connected: Shell, approving: ApprovingServer) -> None:
    assert connected.ok("ask", "plain", "hello", "--approve", "repo").out == "Done: [True]\n"
    assert approving.decisions == [True]


def test_checks_ask_nobody(connected: Shell, approving: ApprovingServer) -> None:
    check = "    model: gpt-4o\n    checks: [{ask: hello, contains: 'Done: [True]'}]\n    tools:\n"
    old = "    model: gpt-4o\n    tools:\n      - {type: mcp"
    connected.edit("assistants/team.yaml", old, check + "      - {type: mcp")
    done = connected("test", "--allow", "all")
    assert (done.code, approving.decisions) == (1, [False])
    assert "--approve repo" in done.out
    approving.decisions.clear()
    connected.ok("test", "--approve", "repo")


def test_names_that_are_no_server(connected: Shell) -> None:
    done = connected("ask", "plain", "hello", "--approve", "repoo")
    assert (done.code, "did you mean 'repo'?" in done.err) == (1, True)
    done = connected("ask", "plain", "hello", "--allow", "repo")
    assert (done.code, "repo is an MCP server: --approve repo" in done.err) == (1, True)
    assert connected("ask", "plain", "hello", "--approve", "all").code == 1


def test_what_the_platform_can_not_do_is_said(connected: Shell) -> None:
    done = connected("ask", "plain", "hello", "--approve", "repo")
    assert done.code == 1
    assert "POST /responses: 400" in done.err
