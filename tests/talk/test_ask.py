"""`retinue ask` against what was applied, over HTTP, with a scripted model."""

from __future__ import annotations

import subprocess

from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import WORDS, on_all


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
