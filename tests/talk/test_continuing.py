"""Conversations that go on later, whatever became of the answer before."""

from __future__ import annotations

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import LEFT, on_all
from tests.talk.handlers import pids
from tests.talk.model import ScriptedModel
from tests.talk.processes import asking, first_words, killed_in_a_handler
from tests.talk.test_chat import chatting


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


@on_all
def test_a_conversation_goes_on_after_an_answer_that_failed(school: Shell) -> None:
    conversation = school.ok("ask", "plain", "one", "--json").json["thread_id"]
    failed = school("ask", "plain", "fail", "--json", "--continue", conversation)
    assert (failed.code, failed.json["error"]["code"]) == (1, "server_error")
    assert school.ok("ask", "plain", "two", "--continue", conversation).out == "The answer to two\n"


@on_all
def test_a_conversation_goes_on_after_a_call_that_was_cut_off(school: Shell) -> None:
    document = school("ask", "tutor", "cut quiz", "--json").json
    assert document["status"] == "incomplete"
    done = school.ok("ask", "tutor", "life", "--continue", document["thread_id"])
    assert (done.out, "left waiting" in done.err) == ("The answer to life\n", False)


class TestKilled:
    """Whoever asked was killed. Somebody goes on with the conversation, and nothing runs twice."""

    @on_all
    def test_while_a_handler_ran(self, school: Shell, target: str) -> None:
        conversation = school.ok("ask", "tutor", "one", "--json").json["thread_id"]
        killed_in_a_handler(school, "--continue", conversation)
        done = school.ok("ask", "tutor", "life", "--continue", conversation)
        assert done.out == "The answer to life\n"
        assert f"left waiting for display_quiz: {LEFT[target]}." in done.err
        assert len(pids(school)) == 1
        document = school.ok("ask", "tutor", "two", "--continue", conversation, "--json").json
        assert (document["answer"], document["notices"]) == ("The answer to two", [])

    @on_all
    def test_while_a_chat_asked_for_the_output(self, school: Shell, target: str) -> None:
        conversation = school.ok("ask", "tutor", "one", "--json").json["thread_id"]
        with chatting(school, "tutor", "--continue", conversation) as chat:
            chat.wait_for("> ")
            chat.say("quiz", "Its output")
        document = school.ok("ask", "tutor", "life", "--json", "--continue", conversation).json
        assert document["answer"] == "The answer to life"
        [notice] = document["notices"]
        assert notice.endswith(f"left waiting for display_quiz: {LEFT[target]}.")

    @pytest.mark.parametrize("target", ["assistants", "agents"], indirect=True)
    def test_while_the_model_spoke(self, school: Shell) -> None:
        """The platform goes on with that answer, and takes no question until it is done."""
        conversation = school.ok("ask", "plain", "one", "--json").json["thread_id"]
        with asking(school, "plain", "briefly", "--continue", conversation) as process:
            assert first_words(process).startswith(b"word0")
        done = school.ok("ask", "plain", "life", "--continue", conversation)
        assert done.out == "The answer to life\n"
        assert "is not done: waiting for its end" in done.err
