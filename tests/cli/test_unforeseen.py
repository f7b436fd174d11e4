"""A defect of Retinue ends a command as any error does: short, with a code and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.shell import Shell
from tests.cli.test_failures import problems_of


@pytest.fixture
def broken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Reading the state has a defect."""

    def read(self: Any) -> None:
        del self
        raise KeyError("lineage")

    monkeypatch.setattr("retinue.state.local.LocalState.read", read)
    return shell


COMMANDS = [["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"], ["output"],
            ["state", "list"], ["ask", "tutor", "Why?"], ["test"]]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda args: args[0])
def test_it_is_said_in_a_few_lines(broken: Shell, command: list[str]) -> None:
    done = broken(*command)
    assert done.code == 1
    assert "Error: unforeseen: KeyError: 'lineage' " in done.err
    assert "this is a defect of Retinue" in done.err
    assert "[RTN-ERROR]" in done.err
    assert "Traceback" not in done.err


def test_a_traceback_is_shown_to_who_asks_for_it(broken: Shell) -> None:
    done = Shell(broken.root, {"RETINUE_DEBUG": "1"})("plan")
    assert done.code == 1
    assert "Traceback" in done.err
    assert "[RTN-ERROR]" in done.err


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_document_tells_it(broken: Shell, command: str) -> None:
    done = broken(command, "--json")
    assert done.code == 1
    assert [each["code"] for each in problems_of(done)] == ["RTN-ERROR"]


def test_an_apply_tells_it_as_an_event(broken: Shell) -> None:
    done = broken("apply", "--auto-approve", "--json")
    assert done.code == 1
    last = done.events[-1]
    assert last["type"] == "diagnostic"
    assert last["diagnostic"]["code"] == "RTN-ERROR"


def test_a_step_that_fails_so_says_it_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def create(self: Any, write: Any) -> Any:
        del self, write
        raise KeyError("id")

    monkeypatch.setattr("retinue.kinds.file.FileAdapter.create", create)
    done = shell("apply", "--auto-approve")
    assert done.code == 3
    assert "unforeseen: KeyError: 'id' " in done.out
    assert "this is a defect of Retinue" in done.out
    assert "[RTN-ERROR]" in done.out
    assert "Traceback" not in done.err
    debugged = Shell(shell.root, {"RETINUE_DEBUG": "1"})("apply", "--auto-approve")
    assert "Traceback" in debugged.err
