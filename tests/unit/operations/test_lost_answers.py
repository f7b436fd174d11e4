"""Creates whose answer is lost: nothing twice, nothing lost, and no object taken for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.worlds.wire import Fault, Sent
from tests.worlds.world import World, a_world

from retinue.operations.planning import PlanOptions

ASSISTANT = {"assistants": {"tutor": {"model": "gpt-4o"}}}
STORE = {"vector_stores": {"papers": {"description": "What we read"}}}
FILE = {"files": {"one": {"path": "a/x.md"}}}
TWINS = {"files": {"one": {"path": "a/x.md"}, "two": {"path": "b/x.md"}}}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        made.write({"assistants/a/x.md": "first", "assistants/b/x.md": "other"})
        yield made


def at_creates(*faults: Fault | None) -> Callable[[Sent], Fault | None]:
    """One fault for each creating request, in order."""
    rest = iter(faults)
    return lambda sent: next(rest, None) if sent.creates else None


def settled(world: World) -> bool:
    """Whether nothing is left to do, and every object is one that the state knows."""
    tracked = {entry.id for entry in world.state.entries.values()}
    kinds = ("assistant", "file", "vector_store")
    there = {item["id"] for kind in kinds for item in world.objects(kind)}
    return world.plan().plan.empty and there == tracked


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.ERROR_BEFORE,
                                   Fault.ERROR_AFTER, Fault.LIMITED])  # fmt: skip
@pytest.mark.parametrize("manifest", [ASSISTANT, STORE, FILE], ids=["assistant", "store", "file"])
def test_a_lost_answer_is_looked_for_before_the_create_is_sent_again(
    world: World, manifest: dict[str, object], fault: Fault
) -> None:
    world.declare(manifest)
    world.wire.script = at_creates(fault)
    applied = world.apply()
    assert applied.outcome is not None
    assert applied.outcome.complete
    assert settled(world)
    happened = fault in (Fault.CUT_AFTER, Fault.ERROR_AFTER)
    assert sum(sent.creates for sent in world.wire.sent) == (1 if happened else 2)


def test_an_object_that_lists_show_late_is_waited_for(world: World) -> None:
    world.declare(ASSISTANT)
    world.wire.lag = 3
    world.wire.script = at_creates(Fault.CUT_AFTER)
    world.apply()
    assert sum(sent.creates for sent in world.wire.sent) == 1
    assert settled(world)


def test_a_create_is_sent_three_times_at_most(world: World) -> None:
    world.declare(ASSISTANT)
    world.wire.script = lambda sent: Fault.ERROR_BEFORE if sent.creates else None
    applied = world.apply()
    assert applied.outcome is not None
    assert len(applied.outcome.failed) == 1
    assert sum(sent.creates for sent in world.wire.sent) == 3


def test_a_refused_create_leaves_nothing_to_look_for(world: World) -> None:
    world.declare({"assistants": {"tutor": {"model": "gpt-4o", "tools": [{
        "type": "file_search", "vector_store": {"id": "vs_nowhere"}}]}}})  # fmt: skip
    applied = world.apply(PlanOptions(forced=True))
    assert applied.outcome is not None
    assert len(applied.outcome.failed) == 1
    assert world.state.pending == {}


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
def test_files_that_look_alike_are_never_taken_for_one_another(world: World, fault: Fault) -> None:
    world.declare(TWINS)
    for faults in ((fault,), (None, fault), (fault, fault)):
        world.wire.script = at_creates(*faults)
        applied = world.apply()
        assert applied.outcome is not None
        assert applied.outcome.complete
        assert world.content("file.one") == b"first"
        assert world.content("file.two") == b"other"
        assert settled(world)
        for address in ("file.one", "file.two"):
            world.by_hand("DELETE", world.path_of(address))


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER])
@pytest.mark.parametrize("number", [0, 1])
def test_files_that_look_alike_after_a_kill(world: World, fault: Fault, number: int) -> None:
    world.declare(TWINS)
    kept: dict[str, bytes] = {}
    world.wire.at_kill = lambda: kept.update(world.kept_state())
    world.wire.script = at_creates(*[None] * number, fault)
    world.apply()
    world.put_state(kept)
    world.wire.killed, world.wire.script = False, at_creates()
    world.apply()
    assert world.content("file.one") == b"first"
    assert world.content("file.two") == b"other"
    assert settled(world)


def test_a_killed_create_is_recorded_as_it_was_sent(world: World) -> None:
    world.declare(STORE)
    kept: dict[str, bytes] = {}
    world.wire.at_kill = lambda: kept.update(world.kept_state())
    world.wire.script = at_creates(Fault.KILL_AFTER)
    world.apply()
    world.put_state(kept)
    world.wire.killed = False
    planned = world.plan()
    assert planned.plan.empty
    assert "was created by an interrupted apply; it is kept" in planned.plan.notes[0]
    world.apply()
    assert settled(world)


BEARER = {"type": "static_bearer", "mcp_server_url": "https://mcp.example/mcp"}
KEYS = {
    "vaults": {"tools": {}},
    "credentials": {"repo": {**BEARER, "vault": "tools", "token": "${env:TOKEN}"}},
}


def a_full_account(world: World) -> None:
    """Our vault is the oldest; those after it hold a credential each that is much older than ours
    will be."""
    world.environ = {"TOKEN": "a secret"}
    world.declare({"vaults": KEYS["vaults"]})
    world.apply()
    for number in range(20):
        vault = world.by_hand("POST", "/vaults", {"name": f"user {number}"})["id"]
        body = {"name": "theirs", "auth": {**BEARER, "token": "t"}}
        world.by_hand("POST", f"/vaults/{vault}/credentials", body)
        world.time.now += 1
    world.time.now += 10_000
    world.declare(KEYS)


def credentials(world: World) -> int:
    """How many there are in our vault."""
    return len(world.by_hand("GET", f"{world.path_of('vault.tools')}/credentials")["data"])


def test_a_lost_credential_is_found_behind_those_of_other_vaults(world: World) -> None:
    a_full_account(world)
    world.wire.script = at_creates(Fault.CUT_AFTER)
    world.apply()
    assert credentials(world) == 1
    assert world.plan().plan.empty


def test_a_killed_credential_is_found_behind_those_of_other_vaults(world: World) -> None:
    a_full_account(world)
    kept: dict[str, bytes] = {}
    world.wire.at_kill = lambda: kept.update(world.kept_state())
    world.wire.script = at_creates(Fault.KILL_AFTER)
    world.apply()
    world.put_state(kept)
    world.wire.killed = False
    world.apply()
    assert credentials(world) == 1
    assert world.plan().plan.empty


def test_one_credential_is_not_looked_for_in_every_vault(world: World) -> None:
    a_full_account(world)
    world.apply()
    _, sent = world.recorded(world.plan)
    assert len(sent) <= 4
