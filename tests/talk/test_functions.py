"""Functions that assistants call, and the handlers that answer."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import api, on_all
from tests.talk.handlers import HANDLER, bind


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

    @on_all
    def test_a_failure_is_known_as_one(self, school: Shell, target: str, platform: str) -> None:
        bind(school, "command: [sh, -c, 'echo half; echo broken >&2; exit 3']", "allow: true")
        document = school.ok("ask", "tutor", "quiz", "--json").json
        reason = "display_quiz ended with exit code 3: broken"
        [step] = document["steps"]
        assert (step["output"], step["error"]) == ("", reason)
        assert reason in document["answer"]
        if target == "agents":
            path = f"/agents/sessions/{document['thread_id']}/turns/{document['run_id']}/items"
            items = api(platform, "GET", path)["data"]
            [result] = [each for each in items if each["type"] == "function_call_output"]
            found = (result["status"], result["output"], result["error"])
            assert found == ("failed", None, reason)

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


class TestTerminal:
    """Somebody sits there: a real pseudo-terminal."""

    def test_a_handler_runs_when_they_say_yes(self, school: Shell) -> None:
        bind(school, "command: [python3, ./my quiz.py]", **{"my quiz__py": HANDLER})
        out = self._at_terminal(school, "y\n")
        assert "handler: python3 './my quiz.py'" in out
        assert "Outputs: prepared Limits" in out

    def test_and_does_not_when_they_say_no(self, school: Shell) -> None:
        bind(school, "command: [touch, ran]")
        out = self._at_terminal(school, "n\n")
        assert "Outputs: error: the user did not allow display_quiz to run" in out
        assert not (school.root / "ran").exists()

    def test_a_handler_can_not_hide_what_it_runs(self, school: Shell) -> None:
        bind(school, 'command: [touch, "ran\\e[2K"]')
        out = self._at_terminal(school, "n\n")
        assert "handler: touch 'ran\\u001b[2K'" in out

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
