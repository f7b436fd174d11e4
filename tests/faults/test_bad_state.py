"""State and journal that can't be trusted: a clear error, exit 1, and not a byte overwritten."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.fleet import first_fleet, small_fleet
from tests.support.world import World

COMMANDS = [["plan"], ["apply", "--auto-approve"], ["state", "list"]]


@pytest.fixture
def small(world: World) -> World:
    """The small fleet, applied; the manifests want a change."""
    world.declare(small_fleet())
    assert world.apply().code == 0
    changed = small_fleet()
    changed.assistants["reader"]["instructions"] = "Changed."
    world.declare(changed)
    return world


def _bytes(world: World) -> dict[str, bytes]:
    """State and journal as they are on the disk."""
    folder = world.state_file.parent
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def _is_refused(world: World, words: str) -> None:
    before, live = _bytes(world), world.server.ids()
    for command in COMMANDS:
        ended = world.retinue(*command)
        assert ended.code == 1, ended
        assert words in ended.err
        assert "Traceback" not in ended.err
        assert _bytes(world) == before
        assert world.server.ids() == live
    assert world.server.assistant("reader")["instructions"] == "You are a reader."


def _cut(text: str) -> str:
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        lambda _: "",
        lambda _: "null",
        lambda _: "[]",
        lambda _: "{}",
        lambda _: "not JSON at all",
        lambda text: text.replace('"resources"', '"resourses"'),
        lambda text: text.replace('"assistant.reader"', '"no address"'),
        lambda text: text.replace('"serial": 1', '"serial": "many"'),
        lambda text: text + text,
    ],
)
def test_a_state_that_is_none(small: World, spoil: Callable[[str], str]) -> None:
    spoilt = spoil(small.state_file.read_text(encoding="utf-8"))
    small.state_file.write_text(spoilt, encoding="utf-8")
    _is_refused(small, "default.json: not a readable state")


def test_a_state_that_is_no_text(small: World) -> None:
    small.state_file.write_bytes(b"\xff\xfe\x00")
    _is_refused(small, "default.json")


def test_a_state_that_is_a_folder(small: World) -> None:
    small.state_file.unlink()
    small.state_file.mkdir()
    for command in COMMANDS:
        ended = small.retinue(*command)
        assert ended.code == 1, ended
        assert "default.json" in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_state_that_may_not_be_read(small: World) -> None:
    small.state_file.chmod(0)
    for command in COMMANDS:
        ended = small.retinue(*command)
        assert ended.code == 1, ended
        assert "default.json" in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("project", "another", "is the state of another/default, not of fleet/default"),
        ("stack", "prod", "is the state of fleet/prod, not of fleet/default"),
        ("version", 2, "upgrade Retinue"),
    ],
)
def test_a_state_that_is_somebody_elses(small: World, key: str, value: object, words: str) -> None:
    small.state_file.write_text(json.dumps({**small.state, key: value}), encoding="utf-8")
    _is_refused(small, words)


# --- Journals ---------------------------------------------------------------


@pytest.fixture
def interrupted(world: World) -> World:
    """A second apply was killed: state and journal are both there."""
    world.declare(small_fleet())
    assert world.apply().code == 0
    fleet = small_fleet()
    fleet.files["more"] = ("docs/more.md", b"more\n")
    fleet.stores["papers"]["files"].append("more")
    world.declare(fleet)
    before = len(world.proxy.requests)
    ended = world.apply_killed_at_request(9, "after")
    assert ended.killed, ended
    assert world.journal_file.exists()
    assert len(world.proxy.requests) > before
    return world


def _lines(world: World) -> list[bytes]:
    return world.journal_file.read_bytes().splitlines(keepends=True)


def test_a_torn_last_line_was_never_relied_on(interrupted: World) -> None:
    whole = b"".join(_lines(interrupted))
    interrupted.journal_file.write_bytes(whole + b'{"do": "record", "opera')
    fleet = small_fleet()
    fleet.files["more"] = ("docs/more.md", b"more\n")
    fleet.stores["papers"]["files"].append("more")
    interrupted.recovers(fleet)


@pytest.mark.parametrize(
    "line",
    [
        b"garbage\n",
        b"\n",
        b"{}\n",
        b"null\n",
        b'{"do": "dance"}\n',
        b'{"do": "record"}\n',
        b"\x00\n",
    ],
)
@pytest.mark.parametrize("at", [0, 1])
def test_a_spoilt_line(interrupted: World, line: bytes, at: int) -> None:
    lines = _lines(interrupted)
    assert len(lines) > 1
    lines[at] = line
    interrupted.journal_file.write_bytes(b"".join(lines))
    _is_refused(interrupted, "default.journal: not a readable journal")


def test_a_journal_of_another_state(interrupted: World) -> None:
    text = interrupted.journal_file.read_text().replace(interrupted.state["lineage"], "0" * 32)
    interrupted.journal_file.write_text(text)
    _is_refused(interrupted, "belongs to another state")


def test_a_journal_without_its_state(interrupted: World) -> None:
    interrupted.state_file.unlink()
    _is_refused(interrupted, "is gone, but its journal is here")


def test_a_state_that_is_older_than_its_journal(interrupted: World) -> None:
    """A state restored from a backup beside a later journal: neither is thrown away."""
    older = {**interrupted.state, "serial": interrupted.state["serial"] - 1}
    interrupted.state_file.write_text(json.dumps(older), encoding="utf-8")
    _is_refused(interrupted, "older than its journal")


# --- Ways out ---------------------------------------------------------------


def test_a_lost_state_is_rebuilt_from_the_markers(applied: World) -> None:
    before = {name: item["id"] for name, item in applied.state["resources"].items()}
    applied.state_file.unlink()
    rebuilt = applied.retinue("state", "rebuild")
    assert rebuilt.code == 0, rebuilt
    found = {name: item["id"] for name, item in applied.state["resources"].items()}
    assert found.items() <= before.items()
    # What only assistants use can't be told apart when name and size are the same.
    assert {name for name in before if name not in found} <= {f"file.data-{n}" for n in range(1, 5)}


def test_a_small_lost_state_needs_no_rebuild(small: World) -> None:
    """An apply without state adopts: nothing is made twice."""
    changed = small_fleet()
    changed.assistants["reader"]["instructions"] = "Changed."
    shutil.rmtree(small.state_file.parent)
    before = small.server.ids()
    small.recovers(changed)
    assert small.server.ids() == before


def test_the_disk_is_full(world: World, tmp_path: Path) -> None:
    """A state folder that can't be written to: nothing is created on the platform."""
    world.declare(first_fleet())
    target = world.project / ".retinue"
    target.write_text("a file where a folder should be")
    ended = world.apply()
    assert ended.code == 1, ended
    assert "Traceback" not in ended.err
    assert world.server.counts() == (0, 0, 0)
    del tmp_path
