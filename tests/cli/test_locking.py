"""One apply at a time, and how to get past one that is gone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import pytest
from tests.cli.shell import Shell

from retinue.state.lease import acquire

LOCK = ".retinue/state/default.lock"


@pytest.fixture
def busy(applied: Shell) -> Iterator[Shell]:
    """A project whose stack another apply of this machine holds."""
    lease = acquire(applied.root / LOCK, print)
    yield applied
    lease.release()


def left_by(host: str, *, seconds_ago: float) -> str:
    """The record of a holder on another machine."""
    then = time.time() - seconds_ago
    return json.dumps({"owner": "ann", "host": host, "pid": 7, "since": then, "renewed": then})


def test_a_second_apply_says_who_holds_the_stack(busy: Shell) -> None:
    done = busy.process("apply", "--auto-approve")
    assert done.code == 6
    assert f"(pid {os.getpid()})" in done.err


@pytest.mark.parametrize(
    "command",
    [
        ["destroy", "--auto-approve"],
        ["state", "mv", "assistant.tutor", "assistant.coach"],
        ["state", "rm", "assistant.tutor"],
        ["state", "rebuild"],
        ["import", "--all"],
        ["unlock"],
    ],
    ids=" ".join,
)
def test_whoever_writes_the_state_is_refused_too(busy: Shell, command: list[str]) -> None:
    assert busy(*command).code == 6


@pytest.mark.parametrize("command", ["plan", "drift", "output"])
def test_reading_needs_no_lock(busy: Shell, command: str) -> None:
    busy.ok(command)


def test_a_machine_that_was_alive_a_moment_ago_still_holds_the_stack(applied: Shell) -> None:
    applied.write({LOCK: left_by("elsewhere", seconds_ago=5)})
    done = applied("apply")
    assert done.code == 6
    assert "ann@elsewhere (pid 7)" in done.err
    assert "retinue unlock" in done.err


def test_unlock_frees_it(applied: Shell) -> None:
    applied.write({LOCK: left_by("elsewhere", seconds_ago=5)})
    assert "ann@elsewhere" in applied.ok("unlock").out
    applied.ok("apply")


def test_a_machine_that_has_been_silent_is_taken_over_with_a_notice(applied: Shell) -> None:
    applied.write({LOCK: left_by("elsewhere", seconds_ago=3600)})
    assert "took over the lease of ann@elsewhere" in applied.ok("apply").err


def test_unlocking_a_free_stack_says_so(applied: Shell) -> None:
    assert applied.ok("unlock").out == "The stack was not locked.\n"


def test_the_lease_is_given_back(applied: Shell) -> None:
    assert (applied.root / LOCK).read_bytes() == b""
