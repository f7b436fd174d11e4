"""Results on stdout, everything else on stderr, and neither of them is taken for granted."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.shell import ENTRY, Shell, plain_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")


def read_by_head(shell: Shell, *args: str) -> tuple[int, str]:
    """`retinue … | head -1`: the exit code of the command, and what it said on stderr."""
    process = subprocess.Popen(
        [*ENTRY, *args],
        cwd=shell.root,
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read().decode()
        return process.wait(60), err


def test_an_apply_whose_reader_has_gone_is_finished(shell: Shell) -> None:
    code, err = read_by_head(shell, "apply", "--auto-approve", "--json")
    assert (code, err) == (0, "")
    assert len(shell.ok("state", "list").out.splitlines()) == 4


def test_a_plan_whose_reader_has_gone_keeps_its_exit_code(shell: Shell) -> None:
    shell.write({"assistants/prompts/tutor.md": "Long.\n" * 40_000})
    assert read_by_head(shell, "plan", "--full-text", "--detailed-exitcode") == (2, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_stream_may_be_closed(shell: Shell, closed: str) -> None:
    command = f'exec "$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, "sh", *ENTRY, "plan", "--detailed-exitcode"],
        cwd=shell.root,
        env=plain_environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "")


def test_progress_is_not_a_result(shell: Shell) -> None:
    done = shell.ok("apply", "--auto-approve")
    assert "Creation complete" in done.err
    assert "Creation complete" not in done.out


def test_a_pipe_gets_no_colour_unless_it_is_forced(shell: Shell) -> None:
    assert "\x1b" not in shell.ok("plan").out
    assert "\x1b[32m" in Shell(shell.root, {"FORCE_COLOR": "1"}).ok("plan").out
    assert "\x1b" not in Shell(shell.root, {"FORCE_COLOR": "1", "NO_COLOR": "1"}).ok("plan").out


def test_what_an_encoding_lacks_is_replaced(shell: Shell) -> None:
    shell.write({"assistants/prompts/tutor.md": "Sei freundlich — ja, natürlich.\n"})
    done = shell.process("plan", PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert "Sei freundlich ? ja, nat?rlich." in done.out
