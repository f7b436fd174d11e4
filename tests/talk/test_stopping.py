"""Ctrl-C while an answer is under way."""

from __future__ import annotations

import signal

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import WORDS, api, on_all
from tests.talk.handlers import LASTING, bind, pids
from tests.talk.processes import PATIENCE, asking, interrupted, running, until


@on_all
def test_the_answer_streams_and_ctrl_c_ends_the_ask(school: Shell, target: str) -> None:
    code, said = interrupted(school)
    assert code == 130
    assert WORDS[target][0] in said  # with this it can go on


@pytest.mark.parametrize("target", ["agents"], indirect=True)
def test_ctrl_c_cancels_the_turn(school: Shell, platform: str) -> None:
    assert interrupted(school)[0] == 130
    agent = school.id_of("assistant.plain")
    [session] = api(platform, "GET", f"/agents/sessions?agent_id={agent}")["data"]
    [turn] = api(platform, "GET", f"/agents/sessions/{session['id']}/turns")["data"]
    assert (session["status"], turn["status"]) == ("idle", "cancelled")


@on_all
def test_ctrl_c_ends_the_handler_and_what_it_started(school: Shell) -> None:
    """And the call that waits: the conversation goes on, with nothing to be said about it."""
    conversation = school.ok("ask", "tutor", "one", "--json").json["thread_id"]
    bind(school, LASTING, "allow: true")
    with asking(school, "tutor", "quiz", "--continue", conversation) as process:
        until(lambda: bool(pids(school)))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    [child] = pids(school)
    until(lambda: not running(child))  # it was told to go; going takes a moment
    document = school.ok("ask", "tutor", "two", "--json", "--continue", conversation).json
    assert (document["answer"], document["notices"]) == ("The answer to two", [])
