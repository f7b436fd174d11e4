"""Who holds a stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from retinue.errors import Locked
from retinue.state.lease import STALE_AFTER, Holder, acquire, break_lease, me, read_holder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "default.lock"


def silent(notice: str) -> None:
    raise AssertionError(notice)


def test_a_lease_names_its_holder_until_it_is_given_back(path: Path) -> None:
    lease = acquire(path, silent)
    holder = read_holder(path)
    assert holder is not None
    assert holder.pid == os.getpid()
    lease.release()
    assert read_holder(path) is None


def test_a_held_lease_is_refused_with_its_holder(path: Path) -> None:
    lease = acquire(path, silent)
    with pytest.raises(Locked) as caught:
        acquire(path, silent)
    assert f"pid {os.getpid()}" in caught.value.message
    assert caught.value.exit_code == 6
    lease.release()
    acquire(path, silent).release()


def test_the_lease_of_a_process_that_died_is_taken_over_with_a_word(path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from retinue.state.lease import acquire;"
        "acquire(Path(sys.argv[1]), print); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=60)
    told: list[str] = []
    acquire(path, told.append).release()
    assert len(told) == 1
    assert "which ended without giving it back" in told[0]


def held_elsewhere(path: Path, *, ago: float) -> Holder:
    now = time.time()
    holder = replace(me(), host="another-machine", since=now - ago, renewed=now - ago)
    path.write_text(json.dumps(asdict(holder)))
    return holder


def test_another_machine_that_renews_is_alive(path: Path) -> None:
    held_elsewhere(path, ago=STALE_AFTER / 2)
    with pytest.raises(Locked, match="another-machine"):
        acquire(path, silent)


def test_another_machine_that_fell_silent_is_taken_over(path: Path) -> None:
    holder = held_elsewhere(path, ago=STALE_AFTER * 2)
    told: list[str] = []
    acquire(path, told.append).release()
    assert str(holder) in told[0]


def test_breaking_a_lease_gives_back_that_of_another_machine(path: Path) -> None:
    holder = held_elsewhere(path, ago=0)
    assert break_lease(path) == holder
    acquire(path, silent).release()


def test_breaking_a_lease_that_is_at_work_here_is_refused(path: Path) -> None:
    lease = acquire(path, silent)
    with pytest.raises(Locked, match="in use by"):
        break_lease(path)
    lease.release()


def test_there_may_be_nothing_to_break(path: Path) -> None:
    assert break_lease(path) is None
    path.write_text("nonsense")
    assert break_lease(path) is None


def test_a_lease_that_another_machine_took_over_is_not_given_back(path: Path) -> None:
    lease = acquire(path, silent)
    assert lease.held()
    other = replace(me(), host="elsewhere", since=1.0)
    path.write_text(json.dumps(asdict(other)), encoding="utf-8")
    assert not lease.held()
    lease.release()
    assert read_holder(path) == other
