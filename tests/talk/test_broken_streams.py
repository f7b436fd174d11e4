"""Streams that break off in the middle: the answer goes on at the platform, and is told whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import on_all, on_searching
from tests.talk.cutting import CuttingProxy
from tests.talk.handlers import HANDLER, bind


@pytest.fixture
def cut(school: Shell, platform: str) -> Iterator[CuttingProxy]:
    """The applied project behind a connection that breaks off after ``The answer``."""
    with CuttingProxy(platform, '"The answer ') as proxy:
        school.edit("retinue.yaml", platform, proxy.url)
        yield proxy


@on_all
def test_what_was_not_said_is_fetched(school: Shell, cut: CuttingProxy) -> None:
    done = school.ok("ask", "plain", "life?")
    assert done.out == "The answer to life?\n"
    assert "18 tokens" in done.err
    assert cut.cuts == 1


@on_all
def test_a_conversation_goes_on(school: Shell, cut: CuttingProxy) -> None:
    first = school.ok("ask", "plain", "one", "--json").json
    done = school.ok("ask", "plain", "two", "--continue", first["thread_id"])
    assert (done.out, cut.cuts) == ("The answer to two\n", 2)


@on_all
def test_calls_are_answered_all_the_same(school: Shell, cut: CuttingProxy) -> None:
    cut.last = b"display_quiz"
    bind(school, "command: [python3, quiz.py]", "allow: true", quiz__py=HANDLER)
    document = school.ok("ask", "tutor", "quiz twice", "--json").json
    assert document["answer"] == "Outputs: prepared Limits and prepared Series"
    assert [step["output"] for step in document["steps"]] == ["prepared Limits", "prepared Series"]
    assert cut.cuts >= 1


@on_searching
def test_citations_are_told(school: Shell, cut: CuttingProxy) -> None:
    cut.last = b"It is in"
    done = school.ok("ask", "reader", "search for limits")
    assert done.out == "It is in the notes[1].\n\n[1] limits.md (file.limits)\n"
    assert cut.cuts == 1
