"""Who answers what the model waits for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from retinue.cli.person import TerminalPerson
from retinue.cli.terminal import Terminal
from retinue.errors import Refused
from retinue.talk.calling import Desk, Nobody
from retinue.talk.events import Approval


class Somebody(Nobody):
    """Says yes to every tool."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def may_use(self, wanted: Approval) -> bool:
        self.asked.append(wanted.server)
        return True


WANTED = [Approval("r1", "repo", "read", "{}"), Approval("r2", "web", "get", "{}")]


class TestApprovals:
    def test_servers_that_are_allowed_need_no_asking(self) -> None:
        person = Somebody()
        desk = Desk({}, Path(), person, servers=frozenset({"repo"}))
        assert asyncio.run(desk.approve(WANTED)) == {"r1": True, "r2": True}
        assert person.asked == ["web"]

    def test_without_anybody_there_is_no_decision(self) -> None:
        assert asyncio.run(Desk({}, Path(), Nobody()).approve(WANTED)) is None

    def test_without_a_terminal_it_is_said_how_to_allow_it(self) -> None:
        person = TerminalPerson(Terminal.current())
        with pytest.raises(Refused, match="repo: read may not be used unasked") as raised:
            person.may_use(WANTED[0])
        assert "--approve repo" in (raised.value.hint or "")
