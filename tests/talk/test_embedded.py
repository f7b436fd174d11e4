"""The same conversations with no server at all: the embedded platform inside the command."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import FILES
from tests.talk.model import ScriptedModel
from tests.talk.test_ask import HANDLER, bind


@pytest.fixture
def embedded(tmp_path: Path, model: ScriptedModel) -> Shell:
    """An applied project on the embedded platform, whose model is the scripted one."""
    shell = Shell(tmp_path / "embedded")
    settings = f"project: school\nplatform: {{api: local, model: {{base_url: {model.url!r}}}}}\n"
    shell.write(FILES | {"retinue.yaml": settings})
    shell.ok("apply", "--auto-approve")
    return shell


def test_an_answer_and_one_more_on_its_thread(embedded: Shell) -> None:
    first = embedded.process("ask", "plain", "one", "--json").json
    assert first["answer"] == "The answer to one"
    again = embedded.process("ask", "plain", "two", "--json", "--thread", first["thread_id"]).json
    assert (again["status"], again["thread_id"]) == ("completed", first["thread_id"])


def test_a_handler(embedded: Shell) -> None:
    bind(embedded, "command: [python3, quiz.py]", quiz__py=HANDLER)
    done = embedded.process("ask", "tutor", "quiz twice", "--allow", "all")
    assert done.out == "Outputs: prepared Limits and prepared Series\n"


def test_the_answer_streams_and_ctrl_c_cancels_the_run(embedded: Shell) -> None:
    asking = subprocess.Popen(
        [*ENTRY, "ask", "plain", "slowly"],
        cwd=embedded.root,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with asking:
        assert asking.stdout is not None
        began = time.monotonic()
        assert os.read(asking.stdout.fileno(), 100).startswith(b"word0")
        assert time.monotonic() - began < 8
        asking.send_signal(signal.SIGINT)
        assert asking.wait(20) == 130


def test_checks_side_by_side(embedded: Shell) -> None:
    listed = "".join(
        f"      - {{ask: question {n}, contains: to question {n}}}\n" for n in range(12)
    )
    new = f"  plain:\n    model: gpt-4o\n    checks:\n{listed}"
    embedded.edit("assistants/team.yaml", "  plain: {model: gpt-4o}\n", new)
    done = embedded.process("test", "--parallelism", "6")
    assert (done.code, done.conclusion) == (0, "12 checks: 12 passed, 0 failed."), done.out


def test_without_a_model_the_echo_answers_and_says_so(embedded: Shell) -> None:
    embedded.write({"retinue.yaml": "project: school\nplatform: {api: local}\n"})
    done = embedded.process("ask", "plain", "anybody?")
    assert "echo model" in done.out
    assert "You said: anybody?" in done.out
