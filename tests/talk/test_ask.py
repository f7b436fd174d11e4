"""`retinue ask` against what was applied, over HTTP, with a scripted model."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import api

HANDLER = """\
import json, sys
arguments = json.load(sys.stdin)
print("prepared", arguments["title"])
"""
BOUND = """\
functions:
  display-quiz:
    name: display_quiz
    parameters: {type: object}
    handler:
"""


def bind(school: Shell, *lines: str, **files: str) -> None:
    """Give display-quiz a handler; nothing is applied."""
    handler = BOUND + "".join(f"      {line}\n" for line in lines)
    old = school.root / "assistants/team.yaml"
    text = old.read_text("utf-8")
    start, end = text.index("functions:"), text.index("files:\n  limits")
    school.write({"assistants/team.yaml": f"{text[:start]}{handler}\n{text[end:]}"})
    school.write({name.replace("__", "."): content for name, content in files.items()})


def test_the_answer_is_on_stdout_and_the_thread_on_stderr(school: Shell) -> None:
    done = school.process("ask", "plain", "life?")
    assert (done.code, done.out) == (0, "The answer to life?\n"), done.err
    assert "18 tokens" in done.err
    assert "; thread thread_" in done.err


def test_the_document(school: Shell) -> None:
    document = school.process("ask", "assistant.plain", "life?", "--json").json
    assert document["answer"] == "The answer to life?"
    assert document["status"] == "completed"
    assert document["assistant"] == {
        "address": "assistant.plain",
        "id": school.id_of("assistant.plain"),
    }
    assert document["usage"] == {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    assert document["run_id"].startswith("run_")
    assert (document["error"], document["citations"], document["steps"]) == (None, [], [])


def test_a_thread_goes_on(school: Shell) -> None:
    first = school.ok("ask", "plain", "one", "--json").json
    second = school.ok("ask", "plain", "two", "--json", "--thread", first["thread_id"]).json
    assert second["thread_id"] == first["thread_id"]
    assert second["run_id"] != first["run_id"]


def test_the_question_may_come_from_stdin(school: Shell) -> None:
    done = subprocess.run(
        [*ENTRY, "ask", "plain", "-"],
        cwd=school.root,
        env=plain_environment(),
        input="from the pipe",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "The answer to from the pipe\n"


def test_the_answer_comes_while_it_is_made(school: Shell) -> None:
    """And Ctrl-C ends the run on the platform."""
    asking = subprocess.Popen(
        [*ENTRY, "ask", "plain", "slowly"],
        cwd=school.root,
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
        assert asking.wait(120) == 130


def test_a_failed_run_is_an_error_with_its_reason(school: Shell) -> None:
    done = school("ask", "plain", "fail")
    assert (done.code, done.out) == (1, "")
    assert "the answer is failed" in done.err
    assert "the model is not well" in done.err
    document = school("ask", "plain", "fail", "--json")
    assert document.code == 1
    assert document.json["status"] == "failed"
    assert document.json["error"]["code"] == "server_error"


class TestNames:
    def test_one_that_is_misspelt(self, school: Shell) -> None:
        done = school("ask", "plian", "x")
        assert done.code == 1
        assert "there is no assistant 'plian'" in done.err
        assert "did you mean 'plain'?" in done.err

    def test_one_that_is_not_applied(self, project: Shell) -> None:
        done = project("ask", "plain", "x")
        assert done.code == 1
        assert "assistant.plain is declared, but not applied" in done.err
        assert "run `retinue apply` first" in done.err

    def test_an_empty_question(self, school: Shell) -> None:
        assert "there is no question" in school("ask", "plain", " ").err


class TestFunctions:
    def test_without_a_handler_the_ask_ends_with_the_call(self, school: Shell) -> None:
        done = school("ask", "tutor", "quiz", "--json")
        assert done.code == 1
        assert done.json["status"] == "requires_action"
        [call] = done.json["calls"]
        assert (call["name"], call["arguments"]) == (
            "display_quiz",
            '{"title": "Limits", "level": 1}',
        )
        assert "functions.NAME.handler" in done.err

    def test_the_run_that_nobody_answered_is_cancelled(self, school: Shell, platform: str) -> None:
        document = school("ask", "tutor", "quiz", "--json").json
        path = f"/threads/{document['thread_id']}/runs/{document['run_id']}"
        assert api(platform, "GET", path)["status"] == "cancelled"

    def test_a_program(self, school: Shell) -> None:
        bind(school, "command: [python3, quiz.py]", quiz__py=HANDLER)
        done = school.ok("ask", "tutor", "quiz", "--allow", "display-quiz", "--steps")
        assert done.out == "Outputs: prepared Limits\n"
        assert "> calls display_quiz" in done.err
        assert "= prepared Limits" in done.err

    def test_it_does_not_run_unasked(self, school: Shell) -> None:
        bind(school, "command: [touch, ran]")
        done = school("ask", "tutor", "quiz")
        assert done.code == 4
        assert "--allow display-quiz" in done.err
        assert not (school.root / "ran").exists()

    def test_unless_the_manifest_allows_it(self, school: Shell) -> None:
        bind(school, "command: [touch, ran]", "allow: true")
        school.ok("ask", "tutor", "quiz")
        assert (school.root / "ran").exists()

    def test_a_callable_that_gets_arguments_by_name(self, school: Shell) -> None:
        code = (
            "def show(title, level=3):\n    print('noise')\n    return {'shown': [title, level]}\n"
        )
        bind(school, "python: quiz:show", quiz__py=code)
        done = school.ok("ask", "tutor", "quiz twice", "--allow", "all")
        expected = '{"shown": ["Limits", 1]} and {"shown": ["Series", 3]}'
        assert done.out == f"Outputs: {expected}\n"

    @pytest.mark.parametrize(
        ("handler", "said"),
        [
            (["command: [nowhere-to-be-found]"], "can't start nowhere-to-be-found"),
            (["command: [sh, -c, 'echo broken >&2; exit 3']"], "exit code 3: broken"),
            (["command: [sleep, '30']", "timeout: 0.3"], "took more than 0.3 seconds"),
            (["python: nothing:here"], "No module named 'nothing'"),
        ],
    )
    def test_a_failure_is_what_the_model_reads(
        self, school: Shell, handler: list[str], said: str
    ) -> None:
        bind(school, *handler)
        done = school.ok("ask", "tutor", "quiz", "--allow", "display_quiz")
        assert done.out.startswith("Outputs: error: ")
        assert said in done.out

    def test_ctrl_c_ends_the_handler_and_what_it_started(self, school: Shell) -> None:
        bind(school, "command: [sh, -c, 'sleep 60 & echo $! > pid; wait']", "allow: true")
        asking = subprocess.Popen(
            [*ENTRY, "ask", "tutor", "quiz"],
            cwd=school.root,
            env=plain_environment(),
            stderr=subprocess.DEVNULL,
        )
        note = school.root / "pid"
        until = time.monotonic() + 120
        while not (note.exists() and note.read_text().strip()):
            assert time.monotonic() < until
            time.sleep(0.05)
        asking.send_signal(signal.SIGINT)
        assert asking.wait(20) == 130
        child, until = int(note.read_text()), time.monotonic() + 60
        while _running(child):  # it was told to go; going takes a moment
            assert time.monotonic() < until
            time.sleep(0.05)

    def test_a_name_that_is_no_function(self, school: Shell) -> None:
        bind(school, "command: [touch, ran]")
        done = school("ask", "tutor", "quiz", "--allow", "display-quizz")
        assert done.code == 1
        assert "did you mean 'display-quiz'?" in done.err

    def test_a_handler_is_no_change_and_never_sent(self, school: Shell, platform: str) -> None:
        bind(school, "command: [secret-program]")
        assert school("plan", "--detailed-exitcode").code == 0
        school.edit("assistants/team.yaml", "Be short.", "Be very short.")
        school.ok("apply", "--auto-approve")
        live = api(platform, "GET", f"/assistants/{school.id_of('assistant.tutor')}")
        assert "secret-program" not in str(live)


def _running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestFiles:
    def test_citations_are_footnotes(self, school: Shell) -> None:
        done = school.ok("ask", "reader", "search for limits")
        assert done.out == "It is in the notes[1].\n\n[1] limits.md (file.limits)\n"

    def test_citations_and_results_in_the_document(self, school: Shell) -> None:
        document = school.ok("ask", "reader", "search for limits", "--json").json
        [citation] = document["citations"]
        assert (citation["file"], citation["address"]) == ("limits.md", "file.limits")
        [step] = document["steps"]
        assert step["type"] == "file_search"
        assert "Where a sequence goes" in step["results"][0]["text"]

    def test_an_attached_file_is_removed_again(
        self, school: Shell, platform: str, tmp_path: Path
    ) -> None:
        note = tmp_path / "note-that-goes.md"
        note.write_text("# Seen\n")
        school.ok("ask", "reader", "hello", "--file", str(note))
        assert note.name not in str(api(platform, "GET", "/files"))
        school.ok("ask", "reader", "hello", "--file", str(note), "--keep")
        assert note.name in str(api(platform, "GET", "/files"))

    def test_an_assistant_that_can_read_no_file(self, school: Shell, tmp_path: Path) -> None:
        (tmp_path / "note.md").write_text("# Seen\n")
        done = school("ask", "plain", "hello", "--file", str(tmp_path / "note.md"))
        assert done.code == 1
        assert "has no tool that can read" in done.err


class TestTerminal:
    """Somebody sits there: a real pseudo-terminal."""

    def test_a_handler_runs_when_they_say_yes(self, school: Shell) -> None:
        bind(school, "command: [python3, quiz.py]", quiz__py=HANDLER)
        out = self._at_terminal(school, "y\n")
        assert "handler: python3 quiz.py" in out
        assert "Outputs: prepared Limits" in out

    def test_and_does_not_when_they_say_no(self, school: Shell) -> None:
        bind(school, "command: [touch, ran]")
        out = self._at_terminal(school, "n\n")
        assert "Outputs: error: the user did not allow display_quiz to run" in out
        assert not (school.root / "ran").exists()

    def _at_terminal(self, school: Shell, typed: str) -> str:
        ours, theirs = pty.openpty()
        os.write(ours, typed.encode())
        done = subprocess.run(
            [*ENTRY, "ask", "tutor", "quiz"],
            cwd=school.root,
            env=plain_environment(),
            stdin=theirs,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        os.close(ours)
        os.close(theirs)
        return done.stdout + done.stderr
