"""`retinue ask` against what was applied, over HTTP, with a scripted model."""

from __future__ import annotations

import base64
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import WORDS, api, on_all, on_searching
from tests.talk.model import ScriptedModel

HANDLER = """\
import json, sys
arguments = json.load(sys.stdin)
print("prepared", arguments["title"])
"""
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)
"""A picture of one point."""

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


@on_all
def test_the_answer_is_on_stdout_and_the_conversation_on_stderr(school: Shell, target: str) -> None:
    done = school.process("ask", "plain", "life?")
    assert (done.code, done.out) == (0, "The answer to life?\n"), done.err
    assert "18 tokens" in done.err
    assert f"; {WORDS[target][0]}" in done.err


@on_all
def test_the_document(school: Shell, target: str) -> None:
    document = school.process("ask", "assistant.plain", "life?", "--json").json
    assert document["answer"] == "The answer to life?"
    assert document["status"] == "completed"
    assert document["assistant"] == {
        "address": "assistant.plain",
        "id": school.id_of("assistant.plain"),
    }
    assert document["usage"] == {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    assert document["thread_id"].startswith(WORDS[target][0].split()[1])
    assert document["run_id"].startswith(WORDS[target][1])
    assert (document["error"], document["citations"], document["steps"]) == (None, [], [])


@on_all
def test_a_conversation_goes_on(school: Shell, model: ScriptedModel) -> None:
    first = school.ok("ask", "plain", "one", "--json").json
    second = school.ok("ask", "plain", "two", "--json", "--continue", first["thread_id"]).json
    assert second["thread_id"] == first["thread_id"]
    assert second["run_id"] != first["run_id"]
    said = [message["content"] for message in model.requests[-1]["messages"]]
    assert said[-3:] == ["one", "The answer to one", "two"]
    assert school.ok("ask", "plain", "three", "--thread", first["thread_id"]).out


@pytest.mark.parametrize("target", ["agents"], indirect=True)
def test_a_session_of_another_agent_does_not_go_on(school: Shell) -> None:
    other = school.ok("ask", "tutor", "one", "--json").json["thread_id"]
    done = school("ask", "plain", "two", "--continue", other)
    assert done.code == 1
    assert f"the session {other} is one of the agent agt_" in done.err


@pytest.mark.parametrize("target", ["agents"], indirect=True)
def test_a_session_that_is_not_done_does_not_go_on(school: Shell, platform: str) -> None:
    """Somebody else's call waits in it: neither is it answered, nor is a question added."""
    bind(school, "command: [touch, ran]", "allow: true")
    environment = {"type": "none"}
    body = {"agent_id": school.id_of("assistant.tutor"), "environment": environment}
    session = api(platform, "POST", "/agents/sessions", {**body, "input": "quiz"})["id"]
    done = school("ask", "tutor", "life", "--continue", session)
    assert done.code == 1
    assert f"the session {session} is not done with an earlier question" in done.err
    assert not (school.root / "ran").exists()
    assert len(api(platform, "GET", f"/agents/sessions/{session}/turns")["data"]) == 1


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


def interrupted(project: Shell) -> int:
    """The exit code of an ask whose answer is seen coming, and then is stopped by Ctrl-C."""
    asking = subprocess.Popen(
        [*ENTRY, "ask", "plain", "slowly"],
        cwd=project.root,
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
        return asking.wait(120)


@on_all
def test_the_answer_streams_and_ctrl_c_ends_the_ask(school: Shell) -> None:
    assert interrupted(school) == 130


@pytest.mark.parametrize("target", ["agents"], indirect=True)
def test_ctrl_c_cancels_the_turn(school: Shell, platform: str) -> None:
    assert interrupted(school) == 130
    agent = school.id_of("assistant.plain")
    [session] = api(platform, "GET", f"/agents/sessions?agent_id={agent}")["data"]
    [turn] = api(platform, "GET", f"/agents/sessions/{session['id']}/turns")["data"]
    assert (session["status"], turn["status"]) == ("idle", "cancelled")


@on_all
def test_a_failed_answer_is_an_error_with_its_reason(school: Shell) -> None:
    done = school("ask", "plain", "fail")
    assert (done.code, done.out) == (1, "")
    assert "the answer is failed" in done.err
    assert "the model is not well" in done.err
    document = school("ask", "plain", "fail", "--json")
    assert document.code == 1
    assert document.json["status"] == "failed"
    assert document.json["error"]["code"] == "server_error"


@on_all
def test_a_conversation_goes_on_after_an_answer_that_failed(school: Shell) -> None:
    conversation = school.ok("ask", "plain", "one", "--json").json["thread_id"]
    failed = school("ask", "plain", "fail", "--json", "--continue", conversation)
    assert (failed.code, failed.json["error"]["code"]) == (1, "server_error")
    assert school.ok("ask", "plain", "two", "--continue", conversation).out == "The answer to two\n"


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
    @on_all
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

    @on_all
    def test_a_call_that_nobody_answered_does_not_end_the_conversation(self, school: Shell) -> None:
        conversation = school("ask", "tutor", "quiz", "--json").json["thread_id"]
        done = school.ok("ask", "tutor", "life", "--continue", conversation)
        assert done.out == "The answer to life\n"

    @on_all
    def test_several_calls_and_another_question(self, school: Shell) -> None:
        bind(school, "command: [python3, quiz.py]", "allow: true", quiz__py=HANDLER)
        document = school.ok("ask", "tutor", "quiz twice", "--json").json
        assert document["answer"] == "Outputs: prepared Limits and prepared Series"
        assert [(step["name"], step["output"]) for step in document["steps"]] == [
            ("display_quiz", "prepared Limits"),
            ("display_quiz", "prepared Series"),
        ]
        again = school.ok("ask", "tutor", "life", "--continue", document["thread_id"])
        assert again.out == "The answer to life\n"

    @on_all
    def test_a_program(self, school: Shell) -> None:
        bind(school, "command: [python3, quiz.py]", quiz__py=HANDLER)
        done = school.ok("ask", "tutor", "quiz", "--allow", "display-quiz", "--steps")
        assert done.out == "Outputs: prepared Limits\n"
        assert "> calls display_quiz" in done.err
        assert "= prepared Limits" in done.err

    @on_all
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

    def test_a_program_has_the_environment_but_not_what_is_in_the_env_file(
        self, school: Shell
    ) -> None:
        code = "import os; print([os.environ.get(name) for name in ('MINE', 'OPENAI_API_KEY')])\n"
        bind(school, "command: [python3, keys.py]", "allow: true", keys__py=code)
        assert "OPENAI_API_KEY=" in (school.root / ".env").read_text()
        done = school.process("ask", "tutor", "quiz", MINE="here")
        assert done.out == "Outputs: ['here', None]\n"
        bare = "command: [env, -u, MINE, python3, keys.py]"
        bind(school, bare, "allow: true", keys__py=code)
        assert school.process("ask", "tutor", "quiz", MINE="x").out == "Outputs: [None, None]\n"

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
    @on_searching
    def test_citations_are_footnotes(self, school: Shell) -> None:
        done = school.ok("ask", "reader", "search for limits")
        assert done.out == "It is in the notes[1].\n\n[1] limits.md (file.limits)\n"

    @on_searching
    def test_citations_and_results_in_the_document(self, school: Shell) -> None:
        document = school.ok("ask", "reader", "search for limits", "--json").json
        [citation] = document["citations"]
        assert (citation["file"], citation["address"]) == ("limits.md", "file.limits")
        [step] = document["steps"]
        assert step["type"] == "file_search"
        assert "Where a sequence goes" in step["results"][0]["text"]

    @on_searching
    def test_an_attached_file_is_removed_again(
        self, school: Shell, platform: str, target: str, tmp_path: Path
    ) -> None:
        note = tmp_path / f"note-that-goes-from-{target}.md"
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

    @pytest.mark.parametrize("target", ["agents"], indirect=True)
    def test_an_agent_can_be_sent_pictures_alone(self, school: Shell, tmp_path: Path) -> None:
        (tmp_path / "note.md").write_text("# Seen\n")
        done = school("ask", "plain", "hello", "--file", str(tmp_path / "note.md"))
        assert done.code == 1
        assert "an agent reads files of its environment alone" in done.err

    @on_all
    def test_a_picture_is_shown_to_the_model(
        self, school: Shell, model: ScriptedModel, tmp_path: Path
    ) -> None:
        (tmp_path / "dot.png").write_bytes(DOT)
        school.ok("ask", "plain", "what is it?", "--file", str(tmp_path / "dot.png"))
        [text, picture] = model.requests[-1]["messages"][-1]["content"]
        assert text["text"] == "what is it?"
        assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")

    @pytest.mark.parametrize("target", ["responses"], indirect=True)
    def test_without_a_code_interpreter_the_model_itself_reads_the_file(
        self, school: Shell, model: ScriptedModel, tmp_path: Path
    ) -> None:
        (tmp_path / "note.md").write_text("# Seen\n")
        school.ok("ask", "plain", "hello", "--file", str(tmp_path / "note.md"))
        assert "# Seen" in str(model.requests[-1]["messages"][-1])


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


@pytest.mark.parametrize("target", ["responses"], indirect=True)
class TestServers:
    @pytest.fixture
    def connected(self, project: Shell) -> Shell:
        """An assistant with an MCP server, which the embedded platform does not call."""
        tool = '{type: mcp, server_label: repo, server_url: "https://mcp.example/mcp"}'
        new = f"  plain:\n    model: gpt-4o\n    tools:\n      - {tool}\n"
        project.edit("assistants/team.yaml", "  plain: {model: gpt-4o}\n", new)
        project.ok("apply", "--auto-approve")
        return project

    def test_one_can_be_allowed_beforehand(self, connected: Shell) -> None:
        done = connected("ask", "plain", "hello", "--allow", "repoo")
        assert done.code == 1
        assert "did you mean 'repo'?" in done.err

    def test_what_the_platform_can_not_do_is_said(self, connected: Shell) -> None:
        done = connected("ask", "plain", "hello", "--allow", "repo")
        assert done.code == 1
        assert "POST /responses: 400" in done.err
