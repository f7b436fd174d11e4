"""The same conversations with no server at all: the embedded platform inside the command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import LEFT, files, on_all, on_searching
from tests.talk.handlers import HANDLER, bind, pids
from tests.talk.model import CODE, ScriptedModel
from tests.talk.processes import interrupted, killed_in_a_handler


@pytest.fixture
def embedded(tmp_path: Path, model: ScriptedModel, target: str) -> Shell:
    """An applied project on the embedded platform, whose model is the scripted one."""
    shell = Shell(tmp_path / "embedded")
    platform = f"platform: {{api: local, model: {{base_url: {model.url!r}}}}}"
    settings = f"project: school\ntarget: {target}\n{platform}\n"
    shell.write(files(target) | {"retinue.yaml": settings})
    shell.ok("apply", "--auto-approve")
    return shell


@on_all
def test_an_answer_and_one_more_in_its_conversation(embedded: Shell) -> None:
    first = embedded.process("ask", "plain", "one", "--json").json
    assert first["answer"] == "The answer to one"
    again = embedded.process("ask", "plain", "two", "--json", "--continue", first["thread_id"]).json
    assert (again["status"], again["thread_id"]) == ("completed", first["thread_id"])


@on_all
def test_a_handler(embedded: Shell) -> None:
    bind(embedded, "command: [python3, quiz.py]", quiz__py=HANDLER)
    done = embedded.process("ask", "tutor", "quiz twice", "--allow", "all")
    assert done.out == "Outputs: prepared Limits and prepared Series\n"


@on_all
def test_the_answer_streams_and_ctrl_c_ends_the_ask(embedded: Shell) -> None:
    assert interrupted(embedded)[0] == 130


@on_all
def test_a_conversation_goes_on_after_an_ask_that_was_killed(embedded: Shell, target: str) -> None:
    conversation = embedded.process("ask", "tutor", "one", "--json").json["thread_id"]
    killed_in_a_handler(embedded, "--continue", conversation)
    done = embedded.process("ask", "tutor", "life", "--continue", conversation)
    assert (done.code, done.out, len(pids(embedded))) == (0, "The answer to life\n", 1), done.err
    assert f"left waiting for display_quiz: {LEFT[target]}." in done.err


@on_all
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


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="code needs bubblewrap to run")
@on_searching
def test_code_runs(embedded: Shell, tmp_path: Path) -> None:
    new = "  plain: {model: gpt-4o, tools: [code_interpreter]}\n"
    embedded.edit("assistants/team.yaml", "  plain: {model: gpt-4o}\n", new)
    embedded.ok("apply", "--auto-approve")
    (tmp_path / "table.csv").write_text("a,b\n")
    asked = ("ask", "plain", "compute", "--file", str(tmp_path / "table.csv"), "--json")
    document = embedded.process(*asked).json
    assert document["answer"] == "Outputs: 42 table.csv\n"
    [step] = document["steps"]
    assert (step["type"], step["input"], step["output"]) == (
        "code_interpreter",
        CODE,
        "42 table.csv",
    )
