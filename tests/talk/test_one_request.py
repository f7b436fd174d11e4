"""A platform that takes one request at a time: nothing is streamed, and nothing stalls."""

from __future__ import annotations

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import LEFT, on_all, on_searching
from tests.talk.handlers import HANDLER, bind
from tests.talk.processes import killed_in_a_handler


@pytest.fixture
def narrow(school: Shell) -> Shell:
    school.edit("retinue.yaml", "api: openai,", "api: openai, max_parallel: 1,")
    return school


@on_all
def test_questions_and_answers(narrow: Shell) -> None:
    first = narrow.ok("ask", "plain", "one", "--json").json
    assert (first["answer"], first["usage"]["total_tokens"]) == ("The answer to one", 18)
    again = narrow.ok("ask", "plain", "two", "--json", "--continue", first["thread_id"]).json
    assert (again["answer"], again["run_id"] == first["run_id"]) == ("The answer to two", False)


@on_all
def test_functions(narrow: Shell) -> None:
    bind(narrow, "command: [python3, quiz.py]", "allow: true", quiz__py=HANDLER)
    document = narrow.ok("ask", "tutor", "quiz twice", "--json").json
    assert document["answer"] == "Outputs: prepared Limits and prepared Series"
    assert [step["output"] for step in document["steps"]] == ["prepared Limits", "prepared Series"]


@on_searching
def test_searches_and_citations(narrow: Shell) -> None:
    document = narrow.ok("ask", "reader", "search for limits", "--json").json
    assert document["answer"] == "It is in the notes[1]."
    [step] = document["steps"]
    assert "Where a sequence goes" in step["results"][0]["text"]


@on_all
def test_what_went_wrong(narrow: Shell) -> None:
    document = narrow("ask", "plain", "fail", "--json").json
    assert (document["status"], document["error"]["code"]) == ("failed", "server_error")


@on_all
def test_a_call_that_was_left_waiting(narrow: Shell, target: str) -> None:
    conversation = narrow.ok("ask", "tutor", "one", "--json").json["thread_id"]
    killed_in_a_handler(narrow, "--continue", conversation)
    done = narrow.ok("ask", "tutor", "life", "--continue", conversation)
    assert (done.out, LEFT[target] in done.err) == ("The answer to life\n", True)
