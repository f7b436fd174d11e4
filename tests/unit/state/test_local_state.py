"""The state folder: journal, state file and lease together, and what a killed apply leaves."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.worlds.build import at, entry, intent, snapshot

from retinue.address import Address
from retinue.engine.entry import Entry, Intent, Snapshot
from retinue.errors import Locked, StateCorrupt, StateForeign
from retinue.state.journal import JournalLedger, read_journal
from retinue.state.lease import me
from retinue.state.local import LocalState


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "default.json"


def state_at(path: Path, project: str = "demo") -> LocalState:
    return LocalState(path, project=project, stack="default")


def recorded(path: Path, *entries: Entry, intents: tuple[Intent, ...] = ()) -> None:
    """One session that records ``entries``."""

    async def work() -> None:
        async with state_at(path).session(print) as ledger:
            for each in intents:
                await ledger.begin(each)
            await asyncio.gather(*(ledger.record({each.address: each}) for each in entries))

    asyncio.run(work())


def killed(path: Path, *entries: Entry, intents: tuple[Intent, ...] = ()) -> None:
    """A session that ends without a word: only the journal is left."""

    async def work() -> None:
        ledger = JournalLedger(path.with_suffix(".journal"), state_at(path).read())
        for each in intents:
            await ledger.begin(each)
        for one in entries:
            await ledger.record({one.address: one})
        ledger.close()

    asyncio.run(work())


def test_reading_where_nothing_was_applied_writes_nothing(path: Path) -> None:
    assert state_at(path).read().entries == {}
    assert not path.parent.exists()


def test_a_session_ends_in_a_state_file_and_no_journal(path: Path) -> None:
    recorded(path, entry("a"), entry("b"))
    assert sorted(each.name for each in path.parent.iterdir()) == ["default.json", "default.lock"]
    assert state_at(path).read().entries.keys() == {at("a"), at("b")}
    assert state_at(path).read().serial == 1


def test_a_session_in_which_nothing_happens_leaves_no_trace(path: Path) -> None:
    recorded(path, entry("a"))
    before = path.read_bytes()
    recorded(path)
    assert path.read_bytes() == before
    assert not path.with_suffix(".journal").exists()


@pytest.mark.parametrize("before", [(), (entry("z"),)], ids=["first apply", "later apply"])
def test_what_a_killed_session_wrote_is_there(path: Path, before: tuple[Entry, ...]) -> None:
    if before:
        recorded(path, *before)
    killed(path, entry("a"), intents=(intent("op", "b"),))
    found = state_at(path).read()
    assert at("a") in found.entries
    assert found.pending.keys() == {"op"}
    recorded(path, entry("c"))
    folded = state_at(path).read()
    assert {at("a"), at("c")} <= folded.entries.keys()
    assert folded.pending.keys() == {"op"}


def test_a_torn_last_line_was_never_relied_on(path: Path) -> None:
    killed(path, entry("a"), entry("b"))
    journal = path.with_suffix(".journal")
    whole = journal.read_bytes()
    for cut in range(1, len(whole.splitlines()[-1])):
        journal.write_bytes(whole[:-cut])
        assert state_at(path).read().entries.keys() >= {at("a")}


@pytest.mark.parametrize("how", ["cut", "deep"])
def test_a_broken_line_within_is_refused(path: Path, how: str) -> None:
    killed(path, entry("a"), entry("b"))
    journal = path.with_suffix(".journal")
    header, first, second, _ = journal.read_bytes().split(b"\n")
    broken = first[:-5] if how == "cut" else b"[" * 100_000
    journal.write_bytes(b"\n".join([header, broken, second, b""]))
    with pytest.raises(StateCorrupt, match="not a readable journal"):
        state_at(path).read()


def test_a_journal_that_is_folded_already_is_passed_over(path: Path) -> None:
    killed(path, entry("a"))
    stale = path.with_suffix(".journal").read_bytes()
    state_at(path).write(state_at(path).read())
    state_at(path).write(snapshot(entry("b"), serial=1))
    path.with_suffix(".journal").write_bytes(stale)
    with pytest.raises(StateForeign):  # another lineage
        state_at(path).read()


class OvertakenState(LocalState):
    """Another process ends its apply just before or just after the state file is read."""

    when = "before"

    def _stored(self) -> Snapshot | None:
        if self.when == "before":
            recorded(self.path)
        found = super()._stored()
        if self.when == "after":
            recorded(self.path)
        return found


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("known", [(), (entry("a"),)])
def test_an_apply_that_ends_meanwhile_is_seen(
    path: Path, known: tuple[Entry, ...], when: str
) -> None:
    """Plan takes no lease: it may read while the journal is being folded away."""
    recorded(path, *known)
    killed(path, entry("b"))
    state = OvertakenState(path, project="demo", stack="default")
    state.when = when
    assert at("b") in state.read().entries


def test_an_older_journal_of_the_same_state_changes_nothing(path: Path) -> None:
    recorded(path, entry("a"))
    killed(path, entry("b"))
    stale = path.with_suffix(".journal").read_bytes()
    recorded(path, entry("c"))
    known = state_at(path).read()
    path.with_suffix(".journal").write_bytes(stale)
    assert state_at(path).read() == known


def test_a_journal_whose_state_is_gone_is_refused(path: Path) -> None:
    recorded(path, entry("a"))
    killed(path, entry("b"))
    path.unlink()
    with pytest.raises(StateCorrupt, match="is gone, but its journal is here"):
        state_at(path).read()


def test_a_state_of_another_project_is_refused_and_stays(path: Path) -> None:
    recorded(path, entry("a"))
    before = path.read_bytes()
    with pytest.raises(StateForeign, match="is the state of demo/default, not of other/default"):
        state_at(path, "other").read()
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"null"])
def test_a_broken_state_is_refused_and_stays(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StateCorrupt):
        recorded(path, entry("a"))
    assert path.read_bytes() == content


def test_two_sessions_at_once_are_refused(path: Path) -> None:
    async def work() -> None:
        async with state_at(path).session(print):
            with pytest.raises(Locked, match=r"the stack is locked by .*pid"):
                async with state_at(path).session(print):
                    pass

    asyncio.run(work())
    recorded(path, entry("a"))  # free again


def test_a_holder_that_was_taken_over_does_not_write_the_state(path: Path) -> None:
    other = replace(me(), host="elsewhere")

    async def work() -> None:
        async with state_at(path).session(print) as ledger:
            one, two = entry("a"), entry("b")
            await ledger.record({one.address: one})
            path.with_suffix(".lock").write_text(json.dumps(asdict(other)), encoding="utf-8")
            with pytest.raises(Locked, match="took the lease over"):
                await ledger.record({two.address: two})
            assert two.address not in ledger.entries

    with pytest.raises(Locked, match="took the lease over"):
        asyncio.run(work())
    assert not path.exists()


@pytest.mark.parametrize("known", [0, 1000])
def test_a_change_costs_the_same_whatever_the_size_of_the_stack(path: Path, known: int) -> None:
    before = {Address("thing", f"r{n}"): entry(f"r{n}", name="n") for n in range(known)}
    if before:
        state_at(path).write(Snapshot(project="demo", stack="default", lineage="l", entries=before))
    sizes: list[int] = []

    async def work() -> None:
        journal = path.with_suffix(".journal")
        async with state_at(path).session(print) as ledger:
            for number in range(5):
                start = journal.stat().st_size
                await ledger.begin(intent(f"op{number}", f"n{number}", name="n"))
                made = entry(f"n{number}", name="n")
                await ledger.record({made.address: made}, f"op{number}")
                sizes.append(journal.stat().st_size - start)
            found = read_journal(journal)
            assert found is not None
            assert len(found.records) == 2 * 5

    asyncio.run(work())
    assert len(set(sizes)) == 1
    assert sizes[0] < 500


def test_records_asked_for_together_are_all_there_and_in_order(path: Path) -> None:
    many = [entry(f"r{n}") for n in range(50)]
    recorded(path, *many)
    assert len(state_at(path).read().entries) == 50
    resources = json.loads(path.read_text())["resources"]
    assert list(resources) == sorted(resources)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
class TestPermissions:
    """What was applied is the owner's business: instructions, names, metadata."""

    def modes(self, path: Path) -> dict[str, int]:
        return {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}

    def test_every_file_is_the_owners_only_while_an_apply_runs(self, path: Path) -> None:
        async def work() -> dict[str, int]:
            async with state_at(path).session(print) as ledger:
                await ledger.record({at("b"): entry("b")})
                return self.modes(path)

        before = os.umask(0)
        try:
            recorded(path, entry("a"))
            assert asyncio.run(work()) == dict.fromkeys(
                ("default.json", "default.journal", "default.lock"), 0o600
            )
        finally:
            os.umask(before)

    def test_so_is_a_journal_in_the_place_of_an_older_one_that_was_not(self, path: Path) -> None:
        killed(path, entry("a"))
        journal = path.with_suffix(".journal")
        journal.chmod(0o644)
        killed(path, entry("b"))
        assert stat.S_IMODE(journal.stat().st_mode) == 0o600
