"""The question that apply asks, at a real terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from tests.cli.shell import Shell

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

from tests.cli.terminal import PROMPT, at_a_terminal, interrupting, typing


def test_yes_applies(shell: Shell) -> None:
    seen = at_a_terminal(shell, "apply", answer=typing("yes\n"))
    assert seen.code == 0
    assert "Only 'yes' will be accepted." in seen.screen
    assert "Apply complete!" in seen.screen
    assert len(shell.ok("state", "list").out.splitlines()) == 4


@pytest.mark.parametrize("text", ["no\n", "y\n", "YES\n", "\n"])
def test_anything_else_changes_nothing(shell: Shell, text: str) -> None:
    seen = at_a_terminal(shell, "apply", answer=typing(text))
    assert seen.code == 1
    assert "Cancelled; nothing was changed." in seen.screen
    assert shell.ok("state", "list").out == ""


@pytest.mark.parametrize("answer", [interrupting, typing("\x04")], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_at_the_question_changes_nothing_and_frees_the_stack(
    shell: Shell, answer: Callable[[int, int], None]
) -> None:
    seen = at_a_terminal(shell, "apply", answer=answer)
    assert seen.code == 130
    assert "Traceback" not in seen.screen
    assert shell.ok("state", "list").out == ""
    assert shell.ok("unlock").out == "The stack was not locked.\n"


def test_destroy_asks_its_own_question(applied: Shell) -> None:
    seen = at_a_terminal(applied, "destroy", answer=typing("no\n"))
    assert seen.code == 1
    assert "Do you really want to delete all of this?" in seen.screen


def test_a_terminal_gets_colour(shell: Shell) -> None:
    seen = at_a_terminal(shell, "plan", answer=typing(""))
    assert "\x1b[32m" in seen.screen


def test_unless_no_color_is_set(shell: Shell) -> None:
    seen = at_a_terminal(shell, "plan", answer=typing(""), NO_COLOR="1")
    assert "\x1b" not in seen.screen


def test_a_pipeline_is_not_asked_even_at_a_terminal(shell: Shell) -> None:
    seen = at_a_terminal(shell, "apply", answer=typing(""), CI="true")
    assert seen.code == 4
    assert PROMPT not in seen.screen
